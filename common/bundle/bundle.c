// SPDX-License-Identifier: MIT
#include "common/bundle/bundle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

enum { PEM_LINE_MAX = 64, SHOWN_CHARS = 60, PORT_MAX = 65535, SECRET_MIN = 16 };

struct cursor {
    const char *at, *end;
    unsigned line;                   // number of the line in text
    char text[BUNDLE_LINE_MAX + 1];  // the line that was read last, without its end
    char shown[4 * SHOWN_CHARS + 1]; // the same for sentences
    char *why;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct cursor *cursor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(cursor->why, PROTOCOL_WHY_SIZE, format, args);
    va_end(args);
    return -EINVAL;
}

static bool consists_of(const char *text, const char *characters)
{
    return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

// Reads the next line. wanted says what must come, for the sentence where nothing comes.
static int next_line(struct cursor *cursor, const char *wanted)
{
    cursor->line++;
    size_t left = (size_t)(cursor->end - cursor->at);
    const char *end = memchr(cursor->at, '\n', left);
    size_t len = end ? (size_t)(end - cursor->at) : left;
    if (left == 0)
        return refuse(cursor, "the file ends here, and %s is missing: it was cut off; copy it again", wanted);
    for (size_t i = 0; i < len; i++) {
        if (cursor->at[i] == '\r')
            return refuse(
                cursor, "a line that ends in CR LF; copy the file as it is, without changing line ends");
        if (cursor->at[i] < ' ' || cursor->at[i] > '~')
            return refuse(cursor, "a byte that is no printable ASCII; copy the file as it is");
    }
    if (len > BUNDLE_LINE_MAX)
        return refuse(cursor, "a line of %zu bytes; at most %d are right", len, BUNDLE_LINE_MAX);
    if (!end)
        return refuse(cursor, "a line without its end: the file was cut off; copy it again");
    memcpy(cursor->text, cursor->at, len);
    cursor->text[len] = '\0';
    // A password in the wrong place is not repeated.
    bool secret = len >= SECRET_MIN && consists_of(cursor->text, DIGITS "abcdef");
    text_clean(cursor->shown, sizeof cursor->shown, secret ? "(hidden)" : cursor->text,
        secret ? strlen("(hidden)") : len, SHOWN_CHARS);
    cursor->at = end + 1;
    return 0;
}

static int expect(struct cursor *cursor, const char *wanted)
{
    int rc = next_line(cursor, wanted);
    if (rc == 0 && strcmp(cursor->text, wanted) != 0)
        rc = refuse(cursor, "\"%s\"; %s is wanted", cursor->shown, wanted);
    return rc;
}

// The value of the line "KEY VALUE"; NULL where it is another line.
static const char *value_of(const struct cursor *cursor, const char *key)
{
    size_t len = strlen(key);
    if (strncmp(cursor->text, key, len) != 0 || cursor->text[len] != ' ')
        return NULL;
    return cursor->text + len + 1;
}

// Takes the value of a line "KEY VALUE" with 1 to size - 1 of these characters. right says so in words.
static int take(
    struct cursor *cursor, const char *key, const char *characters, char *out, size_t size, const char *right)
{
    const char *value = value_of(cursor, key);
    if (!value || !consists_of(value, characters) || strlen(value) >= size)
        return refuse(cursor, "\"%s\"; %s is wanted", cursor->shown, right);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int read_head(struct cursor *cursor, const char *program)
{
    char right[64], other[32];
    snprintf(right, sizeof right, "%s join 1", program);
    int rc = next_line(cursor, right);
    if (rc < 0 || strcmp(cursor->text, right) == 0)
        return rc;
    char *word = strstr(cursor->text, " join ");
    if (!word || word == cursor->text || word - cursor->text >= (ptrdiff_t)sizeof other)
        return refuse(cursor, "\"%s\"; a .join file begins with \"%s\"", cursor->shown, right);
    snprintf(other, sizeof other, "%.*s", (int)(word - cursor->text), cursor->text);
    if (strcmp(other, program) != 0)
        return refuse(cursor, "this file is for another program: %s join", other);
    return refuse(cursor, "\"%s\"; this program knows version 1 only: install a newer one", cursor->shown);
}

static bool is_port(const char *text)
{
    unsigned port = 0;
    if (!consists_of(text, DIGITS) || strlen(text) > 5 || text[0] == '0')
        return false;
    for (; *text; text++)
        port = 10 * port + (unsigned)(*text - '0');
    return port <= PORT_MAX;
}

static bool is_address(const char *text)
{
    char host[BUNDLE_LINE_MAX + 1];
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (!colon || len >= sizeof host || !is_port(colon + 1))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    if (host[0] != '[')
        return len <= BUNDLE_NAME_MAX && consists_of(host, LETTERS DIGITS ".-") && host[0] != '-';
    if (len < 4 || host[len - 1] != ']')
        return false;
    host[len - 1] = '\0';
    return consists_of(host + 1, DIGITS "ABCDEFabcdef:.") && strchr(host + 1, ':');
}

static int read_addresses(struct cursor *cursor, struct bundle *out)
{
    for (;;) {
        int rc = next_line(cursor, "address HOST:PORT");
        if (rc < 0)
            return rc;
        const char *value = value_of(cursor, "address");
        if (!value && out->address_count > 0)
            return 0;
        if (!value || !is_address(value))
            return refuse(
                cursor, "\"%s\"; address HOST:PORT is wanted, or address [IPV6]:PORT", cursor->shown);
        if (out->address_count == BUNDLE_BROKERS_MAX)
            return refuse(cursor, "more than %d addresses", BUNDLE_BROKERS_MAX);
        memcpy(out->addresses[out->address_count++], value, strlen(value) + 1);
    }
}

static int read_broker(struct cursor *cursor, bool has_device, struct bundle *out)
{
    char why[PROTOCOL_WHY_SIZE];
    int rc = expect(cursor, "[broker]");
    if (rc == 0)
        rc = read_addresses(cursor, out);
    if (rc == 0)
        rc = take(cursor, "root", LETTERS DIGITS "._-/", out->root, sizeof out->root,
            "root TOPIC, with 1 to 100 of A-Z a-z 0-9 . _ - /,");
    if (rc < 0)
        return rc;
    if (protocol_check_root(out->root, why) < 0)
        return refuse(cursor, "%.300s", why);
    rc = next_line(cursor, "[login]");
    if (rc < 0 || !has_device || !value_of(cursor, "device"))
        return rc;
    rc = take(cursor, "device", LETTERS DIGITS "_-", out->device, sizeof out->device,
        "device NAME, with 1 to 64 of A-Z a-z 0-9 _ -,");
    if (rc < 0)
        return rc;
    if (protocol_check_device(out->device, why) < 0)
        return refuse(cursor, "%.300s", why);
    return next_line(cursor, "[login]");
}

static int read_login(struct cursor *cursor, struct bundle *out)
{
    if (strcmp(cursor->text, "[login]") != 0)
        return refuse(cursor, "\"%s\"; [login] is wanted", cursor->shown);
    int rc = next_line(cursor, "user NAME");
    if (rc == 0)
        rc = take(cursor, "user", LETTERS DIGITS "_-", out->user, sizeof out->user,
            "user NAME, with 1 to 73 of A-Z a-z 0-9 _ -,");
    return rc;
}

static int read_tls(struct cursor *cursor, struct bundle *out)
{
    int rc = expect(cursor, "[tls]");
    if (rc == 0)
        rc = next_line(cursor, "name NAME");
    if (rc == 0)
        rc = take(cursor, "name", LETTERS DIGITS ".:-", out->name, sizeof out->name,
            "name NAME, a host name or an address,");
    return rc;
}

static int read_password(struct cursor *cursor, struct bundle *out)
{
    int rc = expect(cursor, "[password]");
    if (rc == 0)
        rc = next_line(cursor, "the password");
    if (rc < 0)
        return rc;
    if (!consists_of(cursor->text, DIGITS "abcdef") || strlen(cursor->text) != BUNDLE_PASSWORD_LEN)
        return refuse(cursor, "a password of %d of 0-9 a-f is wanted", BUNDLE_PASSWORD_LEN);
    memcpy(out->password, cursor->text, sizeof out->password);
    return 0;
}

// The certificate is kept as it stands; OpenSSL reads what is in it.
static int read_ca(struct cursor *cursor, struct bundle *out)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    int rc = expect(cursor, "[ca]");
    const char *start = cursor->at;
    if (rc == 0)
        rc = expect(cursor, begin);
    for (unsigned lines = 0; rc == 0; lines++) {
        rc = next_line(cursor, end);
        if (rc == 0 && lines > 0 && strcmp(cursor->text, end) == 0)
            break;
        if (rc == 0 &&
            (!consists_of(cursor->text, LETTERS DIGITS "+/=") || strlen(cursor->text) > PEM_LINE_MAX))
            rc = refuse(cursor, "\"%s\"; a line of the certificate is wanted, or %s", cursor->shown, end);
    }
    if (rc < 0)
        return rc;
    out->ca_len = (size_t)(cursor->at - start);
    memcpy(out->ca, start, out->ca_len);
    out->ca[out->ca_len] = '\0';
    return 0;
}

// The cursor writes to why.
// NOLINTBEGIN(readability-non-const-parameter)
int bundle_parse(const char *text, size_t len, const struct bundle_reader *reader, struct bundle *out,
    unsigned *line, char why[PROTOCOL_WHY_SIZE])
// NOLINTEND(readability-non-const-parameter)
{
    struct cursor cursor = {.at = text, .end = text + len, .why = why};
    int rc;

    memset(out, 0, sizeof *out);
    if (len > BUNDLE_MAX) {
        cursor.line = 1;
        rc = refuse(&cursor, "more than %d bytes; this is no .join file", BUNDLE_MAX);
        goto finish;
    }
    rc = read_head(&cursor, reader->program);
    if (rc == 0)
        rc = read_broker(&cursor, reader->has_device, out);
    if (rc == 0)
        rc = read_login(&cursor, out);
    if (rc == 0)
        rc = read_tls(&cursor, out);
    if (rc == 0)
        rc = read_password(&cursor, out);
    if (rc == 0)
        rc = read_ca(&cursor, out);
    if (rc == 0)
        rc = expect(&cursor, "[end]");
    if (rc == 0 && cursor.at != cursor.end) {
        cursor.line++;
        rc = refuse(&cursor, "something follows [end]; it must be the last line");
    }
finish:
    *line = cursor.line;
    explicit_bzero(cursor.text, sizeof cursor.text);
    explicit_bzero(cursor.shown, sizeof cursor.shown);
    if (rc < 0)
        explicit_bzero(out, sizeof *out);
    return rc;
}

int bundle_check_directory(const char *directory, char why[PROTOCOL_WHY_SIZE])
{
    size_t len = strlen(directory);
    bool right = directory[0] == '/' && len <= BUNDLE_DIRECTORY_MAX && text_is_utf8(directory, len) &&
                 !strpbrk(directory, "\"'\\$");
    for (size_t i = 0; i < len; i++)
        right = right && (unsigned char)directory[i] >= ' ' && directory[i] != 0x7f;
    if (right)
        return 0;
    text_sentence(why, PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS,
        "\"%.100s\": the whole path of a directory is wanted, of at most %d bytes, without quotes, \\ and $",
        directory, BUNDLE_DIRECTORY_MAX);
    return -EINVAL;
}

struct writer {
    char *out;
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void write_text(struct writer *writer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(writer->out + writer->used, BUNDLE_CONFIG_SIZE - writer->used, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < BUNDLE_CONFIG_SIZE - writer->used)
        writer->used += (size_t)n;
}

// The writer writes to out.
// NOLINTBEGIN(readability-non-const-parameter)
void bundle_config(const struct bundle *bundle, const struct bundle_places *places, const char *mark,
    const struct bundle_reader *reader, char out[BUNDLE_CONFIG_SIZE])
// NOLINTEND(readability-non-const-parameter)
{
    struct writer writer = {.out = out};

    write_text(&writer, "%s\nbroker = {", mark);
    for (size_t i = 0; i < bundle->address_count; i++)
        write_text(&writer, "%s\"mqtts://%s\"", i > 0 ? ", " : "", bundle->addresses[i]);
    write_text(&writer, "}\nroot = \"%s\"\n", bundle->root);
    if (reader->has_device)
        write_text(&writer, "device = \"%s\"\n", bundle->device);
    write_text(&writer, "login {\n  user = \"%s\"\n  password_file = \"%s/%s\"\n}\n", bundle->user,
        places->directory, places->password);
    write_text(&writer, "tls {\n  cafile = \"%s/%s\"\n  name = \"%s\"\n}\n", places->directory, places->ca,
        bundle->name);
}
