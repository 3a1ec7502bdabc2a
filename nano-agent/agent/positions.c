// SPDX-License-Identifier: MIT
#include "nano-agent/agent/positions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

static const char title[] = "nano-agent positions ", version[] = "1";

uint32_t positions_fingerprint(const struct motion_config *calibration, const char *output)
{
    char text[96];
    const struct motion_config *c = calibration;
    int len =
        snprintf(text, sizeof text, "%d %d %d %d ", c->pulse_us[0], c->pulse_us[1], c->angle[0], c->angle[1]);
    return hash_bytes(hash_bytes(HASH_START, text, (size_t)len), output, strlen(output));
}

const struct position *positions_find(const struct positions *positions, const char *name)
{
    for (size_t i = 0; i < positions->count; i++)
        if (strcmp(positions->of[i].name, name) == 0)
            return &positions->of[i];
    return NULL;
}

size_t positions_write(const struct positions *positions, char out[POSITIONS_TEXT_MAX])
{
    size_t len = (size_t)snprintf(out, POSITIONS_TEXT_MAX, "%s%s\n", title, version);
    for (size_t i = 0; i < positions->count; i++) {
        const struct position *p = &positions->of[i];
        len += (size_t)snprintf(out + len, POSITIONS_TEXT_MAX - len, "%s %d %08" PRIx32 " %s\n", p->name,
            p->tenths, p->fingerprint, p->driven ? "driven" : "off");
    }
    uint32_t sum = hash_bytes(HASH_START, out, len);
    return len + (size_t)snprintf(out + len, POSITIONS_TEXT_MAX - len, "sum %08" PRIx32 "\n", sum);
}

static int distrust(struct positions *out, char why[POSITIONS_WHY_SIZE], const char *what)
{
    out->count = 0;
    snprintf(why, POSITIONS_WHY_SIZE, "%s", what);
    return -EINVAL;
}

// Eight digits, as they are written and in no other way.
static bool read_hex(const char *text, uint32_t *out)
{
    if (strspn(text, "0123456789abcdef") != 8)
        return false;
    *out = (uint32_t)strtoul(text, NULL, 16);
    return true;
}

// "NAME TENTHS FINGERPRINT driven|off", without its line's end. The line is cut up.
static bool read_line(char *line, struct position *out)
{
    char *word[4], why[PROTOCOL_WHY_SIZE], *end;
    for (int i = 0; i < 4; i++) {
        word[i] = line;
        line = line ? strchr(line, ' ') : NULL;
        if (line)
            *line++ = '\0';
        if (!word[i])
            return false;
    }
    errno = 0;
    long tenths = strtol(word[1], &end, 10);
    if (line || protocol_check_name(word[0], why) < 0 || end == word[1] || *end || errno ||
        labs(tenths) > POSITIONS_TENTHS_MAX || !read_hex(word[2], &out->fingerprint) || word[2][8])
        return false;
    memcpy(out->name, word[0], strlen(word[0]) + 1);
    out->tenths = (int)tenths;
    out->driven = strcmp(word[3], "driven") == 0;
    return out->driven || strcmp(word[3], "off") == 0;
}

int positions_parse(const char *text, size_t len, struct positions *out, char why[POSITIONS_WHY_SIZE])
{
    static const char sum_word[] = "sum ";
    enum { SUM_LINE = 13 }; // "sum 01234567\n"
    size_t title_len = strlen(title);
    char copy[POSITIONS_TEXT_MAX];
    uint32_t sum;
    *out = (struct positions){0};
    why[0] = '\0';
    if (len >= POSITIONS_TEXT_MAX)
        return distrust(out, why, "too large");
    if (len == 0)
        return distrust(out, why, "empty");
    if (len < title_len || memcmp(text, title, title_len) != 0 || memchr(text, '\0', len))
        return distrust(out, why, "no file of nano-agent");
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *line = copy + title_len, *end = strchr(line, '\n');
    if (end && (size_t)(end - line) != strlen(version))
        return distrust(out, why, "of another version of nano-agent");
    if (strncmp(line, version, strlen(version)) != 0)
        return distrust(out, why, end ? "of another version of nano-agent" : "torn");
    char *last = copy + len - SUM_LINE;
    if (!end || last <= end || last[-1] != '\n' || copy[len - 1] != '\n' ||
        strncmp(last, sum_word, strlen(sum_word)) != 0 || !read_hex(last + strlen(sum_word), &sum) ||
        sum != hash_bytes(HASH_START, copy, (size_t)(last - copy)))
        return distrust(out, why, "torn or changed");
    for (line = end + 1; line < last; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        struct position *p = &out->of[out->count];
        if (out->count == PROTOCOL_CHANNELS_MAX || !read_line(line, p) || positions_find(out, p->name))
            return distrust(out, why, "not understood");
        out->count++;
    }
    return 0;
}
