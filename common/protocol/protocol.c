// SPDX-License-Identifier: MIT
#include "common/protocol/protocol.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"

static const char *const result_names[] = {
    [RESULT_NONE] = "",
    [RESULT_OK] = "ok",
    [RESULT_LIMIT] = "limit",
    [RESULT_UNKNOWN] = "unknown",
    [RESULT_INVALID] = "invalid",
    [RESULT_EXPIRED] = "expired",
    [RESULT_RETAINED] = "retained",
    [RESULT_REFUSED] = "refused",
    [RESULT_FAULT] = "fault",
    [RESULT_OTHER] = "other",
};

const char *protocol_result_name(enum protocol_result result)
{
    if ((unsigned)result >= sizeof result_names / sizeof *result_names)
        return result_names[RESULT_OTHER];
    return result_names[result];
}

enum protocol_result protocol_result_parse(const char *name)
{
    for (unsigned i = 0; i < sizeof result_names / sizeof *result_names; i++)
        if (strcmp(name, result_names[i]) == 0)
            return (enum protocol_result)i;
    return RESULT_OTHER;
}

bool protocol_result_is_success(enum protocol_result result)
{
    return result == RESULT_OK || result == RESULT_LIMIT;
}

char *protocol_format_tenths(char out[16], int tenths)
{
    unsigned magnitude = tenths < 0 ? 0u - (unsigned)tenths : (unsigned)tenths;
    char *p = out + 15;
    *p = '\0';
    if (magnitude % 10 != 0) {
        *--p = (char)('0' + magnitude % 10);
        *--p = '.';
    }
    magnitude /= 10;
    do {
        *--p = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (tenths < 0)
        *--p = '-';
    memmove(out, p, (size_t)(out + 16 - p));
    return out;
}

int protocol_format_envelope(
    char *out, size_t size, const char *text, const char *id, const char *boot, int64_t by_ms, int64_t stops)
{
    bool deadline = boot[0] != '\0';
    json_t *object = json_pack("{s:s, s:s*, s:o*, s:s*, s:o*}", "cmd", text, "id", id[0] ? id : NULL, "by",
        deadline ? json_integer(by_ms) : NULL, "boot", deadline ? boot : NULL, "stops",
        deadline && stops >= 0 ? json_integer(stops) : NULL);
    if (!object)
        return text_is_utf8(text, strlen(text)) && text_is_utf8(id, strlen(id)) ? -ENOMEM : -EINVAL;
    size_t len = json_dumpb(object, out, size, JSON_COMPACT);
    json_decref(object);
    if (len == 0 || len >= size || len > PROTOCOL_COMMAND_MAX)
        return -EMSGSIZE;
    out[len] = '\0';
    return (int)len;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int protocol_check_root(const char *root, char why[PROTOCOL_WHY_SIZE])
{
    char clean[3 * PROTOCOL_ROOT_MAX + 1];
    size_t len = strlen(root);
    if (len == 0 || len > PROTOCOL_ROOT_MAX) {
        say(why, "a root has 1 to %d bytes, as in jetson", PROTOCOL_ROOT_MAX);
        return -EINVAL;
    }
    text_clean(clean, sizeof clean, root, len, PROTOCOL_ROOT_MAX);
    if (strcmp(clean, root) != 0)
        say(why, "a root has printable characters only: “%s”", clean);
    else if (strpbrk(root, "+# "))
        say(why, "a root has no +, # or blank: “%s”", root);
    else if (root[0] == '$')
        say(why, "a root does not begin with $, topics of the broker do: “%s”", root);
    else if (root[0] == '/' || root[len - 1] == '/' || strstr(root, "//"))
        say(why, "a root has no empty level, as in lab2/jetson: “%s”", root);
    else
        return 0;
    return -EINVAL;
}

static bool is_device_character(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}

int protocol_check_device(const char *device, char why[PROTOCOL_WHY_SIZE])
{
    static const char *const taken[] = {"control", "status", "reply", "about", "echo"};
    size_t len = strlen(device);
    bool right = len <= PROTOCOL_DEVICE_MAX;
    for (size_t i = 0; i < len && right; i++)
        right = is_device_character(device[i]);
    if (!right) {
        say(why, "“%.32s” is no device name: expected 1 to %d of A-Z a-z 0-9 _ -", device,
            PROTOCOL_DEVICE_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(device, taken[i]) == 0) {
            say(why, "“%s” is no device name: the topics below the root use it", device);
            return -EINVAL;
        }
    }
    return 0;
}

int protocol_check_name(const char *name, char why[PROTOCOL_WHY_SIZE])
{
    static const char *const taken[] = {"stop", "move", "center", "off", "status"};
    size_t len = strlen(name);
    bool right = len >= 1 && len <= PROTOCOL_NAME_MAX && is_lower(name[0]);
    for (size_t i = 1; i < len && right; i++)
        right = is_lower(name[i]) || is_digit(name[i]) || name[i] == '_';
    if (!right) {
        say(why, "“%.32s” is no channel name: expected a letter a-z, then at most %d of a-z 0-9 _", name,
            PROTOCOL_NAME_MAX - 1);
        return -EINVAL;
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(name, taken[i]) == 0) {
            say(why, "“%s” is no channel name: it is a command", name);
            return -EINVAL;
        }
    }
    return 0;
}

int protocol_check_pose(const char *name, char why[PROTOCOL_WHY_SIZE])
{
    int rc = protocol_check_name(name, why);
    if (rc == 0 && protocol_says_stop(name, strlen(name))) {
        say(why, "“%s” is no name of a pose: a word that says stop must stop", name);
        rc = -EINVAL;
    }
    return rc;
}

int protocol_check_words_topic(const char *topic, const char *root, char why[PROTOCOL_WHY_SIZE])
{
    char clean[3 * PROTOCOL_WORDS_TOPIC_MAX + 1];
    size_t len = strlen(topic), root_len = strlen(root);
    if (len == 0 || len > PROTOCOL_WORDS_TOPIC_MAX) {
        say(why, "a topic has 1 to %d bytes, as in car/control", PROTOCOL_WORDS_TOPIC_MAX);
        return -EINVAL;
    }
    text_clean(clean, sizeof clean, topic, len, PROTOCOL_WORDS_TOPIC_MAX);
    if (strcmp(clean, topic) != 0)
        say(why, "a topic has printable characters only");
    else if (strpbrk(topic, "+#$"))
        say(why, "a topic with words has no +, # or $");
    else if (strncmp(topic, root, root_len) == 0 && (topic[root_len] == '/' || topic[root_len] == '\0'))
        say(why, "%s and what is below it has commands and reports, and no words of its own", root);
    else
        return 0;
    return -EINVAL;
}

char *protocol_topic(char out[PROTOCOL_TOPIC_MAX], const char *root, const char *device, const char *leaf)
{
    snprintf(out, PROTOCOL_TOPIC_MAX, "%s/%s%s%s", root, device, device[0] ? "/" : "", leaf);
    return out;
}

int protocol_topic_device(
    const char *topic, const char *root, const char *leaf, char device[PROTOCOL_DEVICE_MAX + 1])
{
    char why[PROTOCOL_WHY_SIZE];
    device[0] = '\0';
    size_t root_len = strlen(root);
    if (strncmp(topic, root, root_len) != 0 || topic[root_len] != '/')
        return -EINVAL;
    const char *rest = topic + root_len + 1;
    if (strcmp(rest, leaf) == 0)
        return 0;
    const char *slash = strchr(rest, '/');
    if (!slash || strcmp(slash + 1, leaf) != 0)
        return -EINVAL;
    size_t len = (size_t)(slash - rest);
    if (len < 1 || len > PROTOCOL_DEVICE_MAX)
        return -EINVAL;
    memcpy(device, rest, len);
    device[len] = '\0';
    if (protocol_check_device(device, why) == 0)
        return 0;
    device[0] = '\0';
    return -EINVAL;
}

static bool ends_with(const char *s, const char *suffix)
{
    size_t len = strlen(s), suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(s + len - suffix_len, suffix) == 0;
}

bool protocol_is_control(const char *topic, const char *root, const char *device)
{
    char control[PROTOCOL_TOPIC_MAX];
    return strcmp(topic, protocol_topic(control, root, "", "control")) == 0 ||
           strcmp(topic, protocol_topic(control, root, device, "control")) == 0;
}

// True for the topic that ends in `reply`, and all below it.
static bool is_below_reply(const char *topic, const char *root, const char *device)
{
    char reply[PROTOCOL_TOPIC_MAX];
    size_t len = strlen(protocol_topic(reply, root, device, "reply"));
    return strncmp(topic, reply, len) == 0 && (topic[len] == '/' || topic[len] == '\0');
}

bool protocol_reply_allowed(const char *topic, const char *root, const char *device)
{
    return (is_below_reply(topic, root, "") || is_below_reply(topic, root, device)) &&
           !strpbrk(topic, "+#") && !ends_with(topic, "/control") && !ends_with(topic, "/status") &&
           !ends_with(topic, "/about") && text_is_utf8(topic, strlen(topic));
}
