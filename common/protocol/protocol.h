// SPDX-License-Identifier: MIT
// The wire contract, version 1: topics, limits, results, and the text of a command. docs/protocol.md says it
// in prose. Pure: no I/O, no clock, no globals.
#ifndef COMMON_PROTOCOL_H
#define COMMON_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROTOCOL_VERSION = 1,
    PROTOCOL_COMMAND_MAX = 1024,     // bytes of a command's payload
    PROTOCOL_STATUS_MAX = 16 * 1024, // bytes of a status
    PROTOCOL_ID_MAX = 64,            // characters of a command id
    PROTOCOL_BOOT_MAX = 32,          // characters of a boot id that we keep; longer ones are invalid
    PROTOCOL_DEVICE_MAX = 64,        // characters of a device name
    PROTOCOL_ROOT_MAX = 128,         // bytes of the topic root
    PROTOCOL_TOPIC_MAX = 256,        // enough for root, device and leaf, with terminator
    PROTOCOL_NAME_MAX = 32,          // characters of a channel name
    PROTOCOL_CHANNELS_MAX = 64,      // channels of a device
    PROTOCOL_POSES_MAX = 16,         // poses of a device
    PROTOCOL_NAMES_MAX = PROTOCOL_CHANNELS_MAX + PROTOCOL_POSES_MAX, // what commands can begin with
    PROTOCOL_WORDS_MAX = 8,          // topics with words of their own that a device listens to
    PROTOCOL_WORDS_TOPIC_MAX = 128,  // bytes of such a topic
    PROTOCOL_ECHO_CHARS = 64,        // characters of a refused command that `cmd` repeats
    PROTOCOL_CMD_SIZE = 4 * 64 + 1,  // bytes that hold any `cmd`, with terminator
    PROTOCOL_WHY_CHARS = 200,        // characters of `why`
    PROTOCOL_WHY_SIZE = 4 * 200 + 1, // bytes that hold any `why`, with terminator
    PROTOCOL_FAULT_CHARS = 140,      // characters of a channel's `fault`
    PROTOCOL_FAULT_SIZE = 140 + 1,   // bytes that are kept of it, with terminator
    PROTOCOL_IDS_REMEMBERED = 256,   // ids whose first result an agent remembers
    PROTOCOL_STOP_HOLD_MS = 500,     // motion is refused for so long after a stop
    PROTOCOL_TTL_MS = 1500,          // a controller's motion command expires after so long
    PROTOCOL_STATUS_PER_SECOND = 20, // coalesced statuses while something changes
    PROTOCOL_REPLY_MAX = 4 * 1024,   // bytes of a reply to a response topic
    // What a configuration may say, and therefore a status may carry.
    PROTOCOL_TENTHS_MAX = 99999,          // tenths of a degree, either way
    PROTOCOL_SPEED_MAX = 10000,           // degrees a second
    PROTOCOL_RES_MILLI_MAX = 3600 * 1000, // thousandths of a degree of one hardware step
    PROTOCOL_PULSE_MAX_US = 1000 * 1000,  // microseconds of a pulse
    PROTOCOL_RUN_MAX_MS = 10 * 1000,      // milliseconds that one command runs a motor
    PROTOCOL_RUN_PLAIN_MS =
        1000, // at most so long where the command has no deadline, and where there is no link
};

enum protocol_result {
    RESULT_NONE, // no command yet
    RESULT_OK,
    RESULT_LIMIT,
    RESULT_UNKNOWN,
    RESULT_INVALID,
    RESULT_EXPIRED,
    RESULT_RETAINED,
    RESULT_REFUSED,
    RESULT_FAULT,
    RESULT_OTHER, // a reader met a result it does not know: shown as a failure
};

// The word of a result on the wire ("ok"); "" for RESULT_NONE, "other" for RESULT_OTHER.
const char *protocol_result_name(enum protocol_result result);
// The inverse; RESULT_OTHER for a name not known, RESULT_NONE for "".
enum protocol_result protocol_result_parse(const char *name);
// True for ok and limit.
bool protocol_result_is_success(enum protocol_result result);

// A command as it came, parsed but not yet looked up among anybody's channels.
struct protocol_command {
    char word[PROTOCOL_NAME_MAX + 16]; // lower case; "" where the text is a number alone
    char second[PROTOCOL_NAME_MAX +
                1]; // a second word: the servo of `move SERVO DEG`, or of `led on`; else ""
    bool has_number;
    int tenths;       // the argument rounded to a tenth (half away from zero)
    bool has_capital; // the word came with upper case in it
    char cmd
        [PROTOCOL_CMD_SIZE]; // canonical text ("tilt 12.5"); after a failure that part of it that may be shown
    char id[PROTOCOL_ID_MAX + 1]; // "" where none was given
    bool has_by;
    int64_t by_ms;                    // deadline, milliseconds of the agent's CLOCK_BOOTTIME
    char boot[PROTOCOL_BOOT_MAX + 1]; // "" where none was given
    bool has_stops;
    int64_t stops; // of the status that the sender saw last: another stop since then refuses a motion
    bool is_envelope;
    bool is_report; // no command: a status or a reply of an agent, led back to a control topic
};

// Parses a payload of len > 0 bytes (an empty one is the caller's to ignore). Returns 0, or -EINVAL with a sentence in why
// that says what was expected; out->cmd is safe to show then too, and id, boot and is_report hold what was readable. A
// word that is well-formed but means nothing here is no error at this level.
int protocol_parse_command(
    const void *payload, size_t len, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE]);

// Parses the text of a command alone (no envelope), as an operator types it. Returns as above.
int protocol_parse_text(
    const char *text, size_t len, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE]);

// True for the text of `stop` and of any `NAME_stop`: always carried out, whatever by, boot, id or retain
// flag say.
bool protocol_is_stop(const struct protocol_command *command);
// True for the word `stop` and any word that ends in `_stop`.
bool protocol_is_stop_word(const char *word);

// True where a person who reads the payload would understand that something has to stop: `stop` stands in it as a word of
// any case, with no letter or digit beside it. The values of `id` and `boot` in JSON do not count. For payloads that are
// no valid command; always false for one of more than PROTOCOL_COMMAND_MAX bytes.
bool protocol_says_stop(const void *payload, size_t len);

// True where a text that somebody typed says stop, as protocol_says_stop has it, and can be no command of any device:
// `stop!`, `stop now`, `tilt stop`. Not for `stop` and `tilt_stop` themselves.
bool protocol_is_guessed_stop(const char *text);

// True for 1 to PROTOCOL_BOOT_MAX printable ASCII characters without blanks.
bool protocol_is_boot(const char *s, size_t len);

// Writes an envelope around text to out: id, and by with boot where boot is not "". id is left out where it is "". stops is
// left out where it is negative or boot is "".
// Terminates out and returns its length, or -EMSGSIZE (longer than size - 1 or PROTOCOL_COMMAND_MAX),
// -EINVAL (not UTF-8), -ENOMEM.
int protocol_format_envelope(
    char *out, size_t size, const char *text, const char *id, const char *boot, int64_t by_ms, int64_t stops);

// "12.5", "20", "-0.5": tenths as the shortest decimal. out needs 16 bytes. Returns out.
char *protocol_format_tenths(char out[16], int tenths);

// 0, or -EINVAL with what would be right in why. A root has levels of printable characters without + # NUL
// blank, does not begin with $ or begin or end with /.
int protocol_check_root(const char *root, char why[PROTOCOL_WHY_SIZE]);
// "" is the unnamed device; else 1 to 64 of A-Z a-z 0-9 _ -, and none of control, status, reply, about, echo.
int protocol_check_device(const char *device, char why[PROTOCOL_WHY_SIZE]);
// [a-z][a-z0-9_]{0,31}, none of stop move center off status.
int protocol_check_name(const char *name, char why[PROTOCOL_WHY_SIZE]);

// As protocol_check_name, and `stop` does not stand in it as a word: a pose moves, so its name must never pass for a stop.
int protocol_check_pose(const char *name, char why[PROTOCOL_WHY_SIZE]);
// A topic with words of its own: 1 to PROTOCOL_WORDS_TOPIC_MAX bytes of printable characters without + # $, not ROOT and
// not below it.
int protocol_check_words_topic(const char *topic, const char *root, char why[PROTOCOL_WHY_SIZE]);

// ROOT/leaf, or ROOT/DEVICE/leaf. Returns out.
char *protocol_topic(char out[PROTOCOL_TOPIC_MAX], const char *root, const char *device, const char *leaf);
// Reads the device out of a topic of the form ROOT/leaf or ROOT/DEVICE/leaf into device ("" for the first
// form). 0, or -EINVAL where the topic is of neither form or the device no valid name.
int protocol_topic_device(
    const char *topic, const char *root, const char *leaf, char device[PROTOCOL_DEVICE_MAX + 1]);
// True for the topics that the agent of that root and device takes commands from: ROOT/control and ROOT/DEVICE/control.
bool protocol_is_control(const char *topic, const char *root, const char *device);

// True where the agent of that root and device may answer to a response topic: it lies under ROOT/reply or
// ROOT/DEVICE/reply, has no wildcards, does not end in /control, /status or /about, and is well-formed UTF-8. Elsewhere an
// answer could be a command to somebody.
bool protocol_reply_allowed(const char *topic, const char *root, const char *device);

#endif
