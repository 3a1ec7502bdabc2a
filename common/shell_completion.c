// SPDX-License-Identifier: MIT
#include "common/shell_completion.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { FUNCTION_SIZE = 64 };

typedef void each_option(FILE *out, const struct argp_option *option);

static void walk(FILE *out, const struct argp *argp, each_option *each)
{
    for (const struct argp_option *option = argp->options; option && (option->name || option->key);
         option++) {
        if (!(option->flags & OPTION_HIDDEN))
            each(out, option);
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        walk(out, child->argp, each);
}

static bool has_letter(const struct argp_option *option)
{
    return option->key > ' ' && option->key < 0x7F && isgraph(option->key);
}

static bool wants_file(const struct argp_option *option)
{
    return option->arg && (strcmp(option->arg, "FILE") == 0 || strcmp(option->arg, "DIR") == 0);
}

static void put_pattern(FILE *out, const struct argp_option *option)
{
    if (has_letter(option))
        fprintf(out, " | -%c", option->key);
    if (option->name)
        fprintf(out, " | --%s", option->name);
}

static void put_if_file(FILE *out, const struct argp_option *option)
{
    if (wants_file(option))
        put_pattern(out, option);
}

static void put_if_other_argument(FILE *out, const struct argp_option *option)
{
    if (option->arg && !wants_file(option))
        put_pattern(out, option);
}

static void put_names(FILE *out, const struct argp_option *option)
{
    if (has_letter(option))
        fprintf(out, " -%c", option->key);
    if (option->name)
        fprintf(out, " --%s", option->name);
}

static bool is_one_of(const char *const *words, const char *word)
{
    for (size_t i = 0; words && words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

static bool takes_cached(const struct shell_completion *completion, const char *word)
{
    return completion->cache && is_one_of(completion->cache_after, word);
}

static bool takes_files(const struct shell_completion *completion, const char *word)
{
    return is_one_of(completion->files_after, word);
}

static void put_words(FILE *out, const char *const *words)
{
    for (size_t i = 0; words && words[i]; i++)
        fprintf(out, "%s%s", i ? " " : "", words[i]);
}

static const char *function_name(char out[FUNCTION_SIZE], const char *program)
{
    snprintf(out, FUNCTION_SIZE, "_%s", program);
    for (char *c = out; *c; c++) {
        if (*c == '-')
            *c = '_';
    }
    return out;
}

// The words come from devices, by way of a file. The shell would carry out what stands in them, so nothing except
// letters, digits and underscores gets through.
static void put_cached(FILE *out, const char *cache)
{
    fprintf(out, "tr -cd 'a-zA-Z0-9_\\n' 2>/dev/null <\"${XDG_CACHE_HOME:-$HOME/.cache}/%s\"", cache);
}

static void print_bash(FILE *out, const struct shell_completion *completion)
{
    char function[FUNCTION_SIZE];
    function_name(function, completion->program);
    fprintf(
        out, "# bash completion, printed by: %s --completion bash\n%s() {\n", completion->program, function);
    fputs("    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} candidates='", out);
    put_words(out, completion->words);
    fputs("'\n    COMPREPLY=()\n    case $before in\n    ''", out);
    walk(out, completion->argp, put_if_file);
    fputs(")\n        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n        return\n        ;;\n    ''",
        out);
    walk(out, completion->argp, put_if_other_argument);
    fputs(")\n        return\n        ;;\n    esac\n", out);
    fputs("    case \" ${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n", out);
    for (size_t i = 0; completion->words && completion->words[i]; i++) {
        if (takes_files(completion, completion->words[i])) {
            fprintf(out,
                "    *' %s '*) [[ $word == -* ]] || { mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return; } ;;\n",
                completion->words[i]);
            continue;
        }
        fprintf(out, "    *' %s '*) candidates=", completion->words[i]);
        if (takes_cached(completion, completion->words[i])) {
            fputs("$(", out);
            put_cached(out, completion->cache);
            fputs(") ;;\n", out);
        } else {
            fputs("'' ;;\n", out);
        }
    }
    fputs("    esac\n    [[ $word == -* ]] && candidates='", out);
    walk(out, completion->argp, put_names);
    fprintf(out,
        "'\n    mapfile -t COMPREPLY < <(compgen -W \"$candidates\" -- \"$word\")\n}\ncomplete -F %s %s\n",
        function, completion->program);
}

// Within single quotes, and within the brackets of an explanation.
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void put_specification(FILE *out, const char *names, const struct argp_option *option)
{
    fprintf(out, "        '*'%s'[", names);
    put_escaped(out, option->doc ? option->doc : "");
    fputs("]", out);
    if (option->arg) {
        fputs(":", out);
        put_escaped(out, option->arg);
        fputs(wants_file(option) ? ":_files" : ":", out);
    }
    fputs("' \\\n", out);
}

static void put_zsh_option(FILE *out, const struct argp_option *option)
{
    char names[64];
    if (has_letter(option)) {
        snprintf(names, sizeof names, "-%c%s", option->key, option->arg ? "+" : "");
        put_specification(out, names, option);
    }
    if (option->name) {
        snprintf(names, sizeof names, "--%s%s", option->name, option->arg ? "=" : "");
        put_specification(out, names, option);
    }
}

static void print_zsh(FILE *out, const struct shell_completion *completion)
{
    char function[FUNCTION_SIZE];
    function_name(function, completion->program);
    fprintf(out, "#compdef %s\n# zsh completion, printed by: %s --completion zsh\n", completion->program,
        completion->program);
    fprintf(out, "%s_words() {\n    local -a candidates\n    case \" $words[2,CURRENT-1] \" in\n", function);
    for (size_t i = 0; completion->words && completion->words[i]; i++) {
        fprintf(out, "    *' %s '*) ", completion->words[i]);
        if (takes_cached(completion, completion->words[i])) {
            fputs("candidates=(${(f)\"$(", out);
            put_cached(out, completion->cache);
            fputs(")\"}) ", out);
        } else if (takes_files(completion, completion->words[i])) {
            fputs("_files; return ", out);
        }
        fputs(";;\n", out);
    }
    fputs("    *) candidates=(", out);
    put_words(out, completion->words);
    fputs(") ;;\n    esac\n    compadd -a candidates\n}\n", out);
    fprintf(out, "%s() {\n    _arguments \\\n", function);
    walk(out, completion->argp, put_zsh_option);
    fprintf(out, "        '*:word:%s_words'\n}\n%s \"$@\"\n", function, function);
}

int shell_completion_print(FILE *out, const char *shell, const struct shell_completion *completion)
{
    if (strcmp(shell, "bash") == 0)
        print_bash(out, completion);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh(out, completion);
    else
        return -EINVAL;
    return 0;
}
