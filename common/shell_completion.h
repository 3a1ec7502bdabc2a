// SPDX-License-Identifier: MIT
// What a shell offers behind Tab, printed from the table of options that argp reads: the two cannot differ.
#ifndef COMMON_SHELL_COMPLETION_H
#define COMMON_SHELL_COMPLETION_H

#include <argp.h>
#include <stdio.h>

struct shell_completion {
    const char *program;
    const struct argp *argp;  // with its children; hidden options are left out
    const char *const *words; // subcommands, NULL at the end
    const char *cache;        // a file below the user's cache directory, a word a line; NULL = none
    const char *const
        *cache_after; // the subcommands behind which words of the cache are offered, NULL at the end
    const char *const *files_after; // the subcommands behind which files are offered, NULL at the end
};

// Prints the completion for "bash" or "zsh". 0, or -EINVAL for another shell. An option whose argument is called FILE
// is completed with files, others with nothing.
int shell_completion_print(FILE *out, const char *shell, const struct shell_completion *completion);

#endif
