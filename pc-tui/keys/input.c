// SPDX-License-Identifier: MIT
#include "pc-tui/keys/input.h"

#include <string.h>

#include "common/array.h"

void input_init(struct input *input, bool remote)
{
    memset(input, 0, sizeof *input);
    decoder_init(&input->decoder, remote);
    input->bracket_ms = input->guess_ms = INT64_MIN / 2;
    for (size_t i = 0; i < ARRAY_LENGTH(input->arrow_ms); i++)
        input->arrow_ms[i] = INT64_MIN / 2;
}

void input_line(struct input *input, enum input_line line)
{
    input->line = line;
}

// 0 to 3 for an arrow without modifiers, -1 for everything else.
static int arrow_of(const struct key_event *event)
{
    bool arrow = event->code >= KEYCODE_UP && event->code <= KEYCODE_RIGHT;
    return arrow && event->modifiers == 0 ? (int)(event->code - KEYCODE_UP) : -1;
}

// What a read holds, counted before anything of it is emitted.
struct survey {
    uint32_t seen[INPUT_PASTE_KEYS + 1]; // different printable keys, as far as it matters
    size_t count;
    unsigned arrows[4];
    bool bracketed; // a bracketed paste is, or comes, open
    bool stray_end; // a paste ends that never began: what stands in front of its end is pasted too
};

static void survey_event(void *ctx, const struct key_event *event)
{
    struct survey *survey = ctx;
    if (event->phase == KEYPHASE_RELEASE)
        return;
    int arrow = arrow_of(event);
    if (arrow >= 0)
        survey->arrows[arrow]++;
    if (event->code == KEYCODE_PASTE_BEGIN)
        survey->bracketed = true;
    if (event->code == KEYCODE_PASTE_END) {
        survey->stray_end = survey->stray_end || !survey->bracketed;
        survey->bracketed = false;
    }
    if (event->code != KEYCODE_CHARACTER || event->modifiers != 0 || survey->count > INPUT_PASTE_KEYS)
        return;
    for (size_t i = 0; i < survey->count; i++) {
        if (survey->seen[i] == event->codepoint)
            return;
    }
    survey->seen[survey->count++] = event->codepoint;
}

// A command line that was typed ahead comes in one read: over a slow line, or from a program that presses the
// keys. It may lack its end, except where it would only be more text in an open line.
static bool is_typed_line(const struct input *input, const unsigned char *bytes, size_t len)
{
    if (!decoder_is_at_rest(&input->decoder) || input->line == INPUT_LINE_SHUT)
        return false;
    bool ends = bytes[len - 1] == '\r';
    for (size_t i = 0; i < len - ends; i++) {
        if (bytes[i] < ' ' || bytes[i] == 0x7F)
            return false;
    }
    return input->line == INPUT_LINE_OPEN ? ends : bytes[0] == ':';
}

enum treatment {
    AS_KEYS,
    AS_TYPED_LINE,
    AS_PASTE, // a bracketed one that goes on
    AS_GUESS, // a paste without brackets
};

// Stands between the decoder and the receiver for one read.
struct filter {
    struct input *input;
    const struct survey *survey;
    enum treatment treatment;
    int64_t now_ms;
    input_emit *emit;
    void *ctx;
    bool bracketed; // within a bracketed paste
    bool wrapped;   // within a paste that the filter itself began
    bool arrow_done[4];
};

static void forward(struct filter *filter, struct key_event event)
{
    filter->emit(filter->ctx, &event);
}

static void close_wrap(struct filter *filter)
{
    if (filter->wrapped)
        forward(
            filter, (struct key_event){.code = KEYCODE_PASTE_END, .guessed = filter->treatment == AS_GUESS});
    filter->wrapped = false;
}

static void wrap(struct filter *filter, uint32_t codepoint)
{
    bool guessed = filter->treatment == AS_GUESS;
    if (!filter->wrapped)
        forward(filter, (struct key_event){.code = KEYCODE_PASTE_BEGIN, .guessed = guessed});
    filter->wrapped = true;
    forward(
        filter, (struct key_event){.code = KEYCODE_PASTE_TEXT, .codepoint = codepoint, .guessed = guessed});
}

static void paste_key(struct filter *filter, const struct key_event *key)
{
    // No text holds a Ctrl-C, and leaving stops what moves.
    if (filter->treatment == AS_GUESS && key->code == KEYCODE_CHARACTER && key->codepoint == 'c' &&
        key->modifiers == KEYMOD_CTRL) {
        close_wrap(filter);
        forward(filter, *key);
    } else if (key_is_space(key)) {
        wrap(filter, key->codepoint);
    } else if (key->code == KEYCODE_CHARACTER && key->modifiers == 0) {
        wrap(filter, key->codepoint);
    } else if (key->code == KEYCODE_ENTER) {
        wrap(filter, '\n');
    } else if (key->code == KEYCODE_TAB && key->modifiers == 0) {
        wrap(filter, '\t');
    }
}

// Several equal arrows in one read act once, or are the wheel and move nothing.
static void arrow_key(struct filter *filter, const struct key_event *key, int arrow)
{
    int64_t *last_ms = &filter->input->arrow_ms[arrow];
    if (filter->survey->arrows[arrow] >= INPUT_NOTCH_ARROWS) {
        bool done = filter->arrow_done[arrow];
        filter->arrow_done[arrow] = true;
        if (done)
            return;
        if (filter->now_ms - *last_ms > INPUT_NOTCH_MS) {
            if (key->code == KEYCODE_UP)
                forward(filter, (struct key_event){.code = KEYCODE_WHEEL_UP});
            else if (key->code == KEYCODE_DOWN)
                forward(filter, (struct key_event){.code = KEYCODE_WHEEL_DOWN});
            return;
        }
    }
    *last_ms = filter->now_ms;
    forward(filter, *key);
}

static void filter_key(struct filter *filter, const struct key_event *key)
{
    int arrow = arrow_of(key);
    bool pasted = filter->treatment == AS_PASTE || filter->treatment == AS_GUESS;
    if (key->phase == KEYPHASE_RELEASE) {
        if (!pasted)
            forward(filter, *key);
    } else if (pasted) {
        paste_key(filter, key);
    } else if (arrow >= 0) {
        arrow_key(filter, key, arrow);
    } else {
        forward(filter, *key);
    }
}

static void filter_event(void *ctx, const struct key_event *event)
{
    struct filter *filter = ctx;
    switch (event->code) {
    case KEYCODE_PASTE_BEGIN:
        close_wrap(filter);
        filter->bracketed = true;
        forward(filter, *event);
        break;
    case KEYCODE_PASTE_END:
        if (filter->bracketed)
            forward(filter, *event);
        close_wrap(filter);
        filter->bracketed = false;
        filter->treatment = AS_PASTE; // a terminal may pass on an end mark that stood in the text
        filter->input->bracket_ms = filter->now_ms;
        break;
    default:
        if (event->code <= KEYCODE_FUNCTION)
            filter_key(filter, event);
        else
            forward(filter, *event);
    }
}

static enum treatment treatment_of(const struct input *input, const struct survey *survey,
    const unsigned char *bytes, size_t len, int64_t now_ms)
{
    if (survey->stray_end || now_ms - input->bracket_ms <= INPUT_PASTE_TAIL_MS)
        return AS_PASTE;
    if (is_typed_line(input, bytes, len))
        return AS_TYPED_LINE;
    if (survey->count > INPUT_PASTE_KEYS ||
        (survey->count > 0 && now_ms - input->guess_ms <= INPUT_PASTE_TAIL_MS))
        return AS_GUESS;
    return AS_KEYS;
}

void input_feed(
    struct input *input, const void *bytes, size_t len, int64_t now_ms, input_emit *emit, void *ctx)
{
    if (len == 0)
        return;
    if (len > INPUT_READ_MAX)
        len = INPUT_READ_MAX;
    input_tick(input, now_ms, emit, ctx);

    struct survey survey = {.bracketed = input->decoder.pasting};
    struct decoder trial = input->decoder;
    decoder_feed(&trial, bytes, len, now_ms, survey_event, &survey);

    struct filter filter = {.input = input,
        .survey = &survey,
        .treatment = treatment_of(input, &survey, bytes, len, now_ms),
        .now_ms = now_ms,
        .emit = emit,
        .ctx = ctx,
        .bracketed = input->decoder.pasting};
    if (filter.treatment == AS_GUESS)
        input->guess_ms = now_ms;
    decoder_feed(&input->decoder, bytes, len, now_ms, filter_event, &filter);
    close_wrap(&filter);
}

void input_tick(struct input *input, int64_t now_ms, input_emit *emit, void *ctx)
{
    decoder_tick(&input->decoder, now_ms, emit, ctx);
}

int64_t input_next_ms(const struct input *input)
{
    return decoder_next_ms(&input->decoder);
}
