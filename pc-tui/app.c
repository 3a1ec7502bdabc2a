// SPDX-License-Identifier: MIT
#include "pc-tui/app.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/clock.h"
#include "common/earlier.h"
#include "common/log.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/file_writer.h"
#include "pc-tui/history_file.h"
#include "pc-tui/keys/input.h"
#include "pc-tui/session.h"
#include "pc-tui/terminal/screen.h"
#include "pc-tui/terminal/terminal.h"
#include "pc-tui/view/view.h"
#include "pc-tui/word_cache.h"

enum {
    // A command's answer is usually there by then: one picture shows both, and on a single processor the broker and the device
    // need not wait for a picture of the command alone.
    ANSWER_MS = 4,
    FRAME_MS = 33,    // pictures are no nearer to each other than this, except after a key or an echo
    LEAVING_MS = 550, // the session gets so long to say good-bye, then the program ends without that
};

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
enum { SIGNALS = ARRAY_LENGTH(signals) };

struct app {
    const struct tui_options *options;
    struct event_base *base;
    struct session *session;
    struct terminal *terminal;
    struct screen *screen;
    struct input input;
    struct ui ui;
    struct event *keys, *writable, *timer, *signals[SIGNALS];
    struct file_writer *history; // NULL = nowhere to keep it

    unsigned effects; // of enum ui_effect, gathered in one turn of the loop
    bool refresh;     // true where the model changed since the last turn
    bool redraw_now, redraw_later;
    bool resized, retake;
    bool suspending;    // true while a suspension waits for its stop
    bool paused;        // true once that stop is acknowledged, or given up
    int64_t redraw_ms;  // when the picture of a command that was sent is due; INT64_MAX = not
    int64_t drawn_ms;   // when the last picture was drawn
    int64_t picture_ms; // when an age on it will have changed
    bool leaving, closed, hung_up;
    int64_t leave_until_ms;
    int signal; // the one that ends the program; 0 = none
};

static void on_changed(void *ctx)
{
    struct app *app = ctx;
    app->refresh = app->redraw_later = true;
}

static void on_finished(void *ctx, const struct journal_event *event)
{
    struct app *app = ctx;
    (void)event;
    app->redraw_now = true;
}

static void on_paused(void *ctx)
{
    struct app *app = ctx;
    app->paused = true;
}

static void on_closed(void *ctx)
{
    struct app *app = ctx;
    app->closed = true;
}

static struct view view_of(struct app *app)
{
    struct controller_clock now = session_now();
    return (struct view){.model = session_model(app->session),
        .controller = session_controller(app->session),
        .ui = &app->ui,
        .root = app->options->broker.root,
        .now_us = now.us,
        .wall_ms = now.wall_ms};
}

static void on_key(void *ctx, const struct key_event *key)
{
    struct app *app = ctx;
    if (app->leaving ||
        (app->effects & (UI_LEAVE | UI_SUSPEND))) // keys typed behind a `q` are not for this program
        return;
    if (screen_answer(app->screen, key))
        app->redraw_now = true;
    app->effects |= ui_key(&app->ui, key, clock_now_ms());
    if (key->code != KEYCODE_CLICK)
        return;
    const struct view view = view_of(app);
    struct ui_hit hit = view_hit(app->screen, &view, key->row - 1, key->column - 1);
    app->effects |= ui_click(&app->ui, &hit, clock_now_ms());
}

// Tells the input where a command line would go that was typed ahead and comes in one read.
static enum input_line line_of(enum ui_mode mode)
{
    switch (mode) {
    case UI_COMMAND:
    case UI_FILTER:
    case UI_HELP_SEARCH:
        return INPUT_LINE_OPEN;
    case UI_MAIN:
        return INPUT_LINE_CLOSED;
    case UI_HELP:
    case UI_ABOUT:
    case UI_CONFIRM:
    case UI_PICKER:
        break;
    }
    return INPUT_LINE_SHUT;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct app *app = ctx;
    char bytes[INPUT_READ_MAX];
    ssize_t len = terminal_read(app->terminal, bytes, sizeof bytes);
    if (len > 0) {
        input_line(&app->input, line_of(app->ui.mode));
        input_feed(&app->input, bytes, (size_t)len, clock_now_ms(), on_key, app);
    } else if (len < 0) { // the terminal is gone
        event_del(app->keys);
        app->hung_up = true;
        app->signal = app->signal ? app->signal : SIGHUP;
    }
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    struct app *app = ctx;
    terminal_flush(app->terminal);
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    (void)what;
    struct app *app = ctx;
    switch (number) {
    case SIGWINCH:
        app->resized = true;
        break;
    case SIGCONT:
        app->retake = true;
        break;
    case SIGTSTP:
        app->effects |= UI_SUSPEND;
        break;
    default:
        app->signal = app->signal ? app->signal : (int)number;
        break;
    }
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx; // the timer only ends the wait; each turn asks what is due
}

static void fit(struct app *app)
{
    int rows = 0, columns = 0;
    terminal_size(app->terminal, &rows, &columns);
    screen_resize(app->screen, rows, columns);
    ui_resize(&app->ui, rows);
    app->redraw_now = true;
}

static void draw(struct app *app)
{
    const struct view view = view_of(app);
    view_draw(app->screen, &view);
    int64_t next_us = view_next_us(&view);
    app->drawn_ms = view.now_us / 1000;
    app->picture_ms = next_us < INT64_MAX ? next_us / 1000 + 1 : INT64_MAX;
    app->redraw_now = app->redraw_later = false;
    app->redraw_ms = INT64_MAX;
}

static struct event **signal_event(struct app *app, int number)
{
    size_t i = 0;
    while (signals[i] != number)
        i++;
    return &app->signals[i];
}

// The machine comes first: the terminal is given away once the broker has the stop, or cannot have it.
static void start_suspending(struct app *app)
{
    if (app->suspending)
        return;
    app->suspending = true;
    ui_lose_keys(&app->ui, clock_now_ms());
    event_del(app->keys);        // a key typed behind Ctrl-Z must not be sent after the stop
    session_pause(app->session); // this may call on_paused at once
}

static void suspend(struct app *app)
{
    struct event *continued = *signal_event(app, SIGCONT);
    app->suspending = app->paused = false;
    event_del(continued); // terminal_suspend takes the terminal again by itself
    screen_leave(app->screen);
    int rc = terminal_suspend(app->terminal);
    screen_return(app->screen);
    if (rc < 0 || event_add(app->keys, NULL) < 0 || event_add(continued, NULL) < 0) {
        app->hung_up = true;
        app->signal = app->signal ? app->signal : SIGHUP;
        return;
    }
    fit(app);
    screen_repaint(app->screen);
}

static void start_leaving(struct app *app)
{
    app->leaving = true;
    app->leave_until_ms = clock_now_ms() + LEAVING_MS;
    session_leave(app->session); // this may call on_closed at once
}

static void on_history(void *ctx, int rc)
{
    struct app *app = ctx;
    if (rc < 0)
        ui_hint(&app->ui, clock_now_ms(), true, "history is not kept: %s: %s", file_writer_path(app->history),
            strerror(-rc));
    app->redraw_now = true;
}

// Does what the callbacks and keys of one turn asked for. The machine comes before the picture.
static void act(struct app *app)
{
    unsigned effects = app->effects;
    app->effects = 0;
    if ((effects & UI_REPAINT) ||
        ((effects & UI_REDRAW) && !controller_busy(session_controller(app->session))))
        app->redraw_now = true;
    else if (effects & UI_REDRAW)
        app->redraw_ms = earlier(app->redraw_ms, clock_now_ms() + ANSWER_MS);
    if ((effects & UI_HISTORY) && app->history)
        file_writer_save(app->history, history_text(&app->ui.history));
    if (app->leaving)
        return;
    if ((effects & UI_LEAVE) || app->signal) {
        start_leaving(app);
        return;
    }
    if (effects & UI_SUSPEND)
        start_suspending(app);
    if (app->paused)
        suspend(app);
    if (app->signal) {
        start_leaving(app);
        return;
    }
    if (effects & UI_RETRY)
        session_retry(app->session);
    if (effects & UI_REPAINT)
        screen_repaint(app->screen);
}

// A picture begins once the one before is written whole, so that it shows the newest state. The first picture waits
// until the terminal has told what it can show.
static bool may_draw(const struct app *app, int64_t now)
{
    return !terminal_is_behind(app->terminal) && now >= screen_wait_until_ms(app->screen);
}

// When a picture is due; INT64_MAX where nothing will change. What else changes while a command's answer is awaited, the
// broker's acknowledgement above all, has no picture of its own, which would hold up the answer's.
static int64_t due_ms(const struct app *app)
{
    if (app->redraw_now)
        return 0;
    if (app->redraw_later && app->redraw_ms == INT64_MAX)
        return earlier(app->drawn_ms + FRAME_MS, app->picture_ms);
    return earlier(app->redraw_ms, app->picture_ms);
}

static void turn(struct app *app)
{
    int64_t now = clock_now_ms();
    input_tick(&app->input, now, on_key, app);
    app->effects |= ui_tick(&app->ui, now);
    if (app->refresh) {
        app->refresh = false;
        app->effects |= ui_refresh(&app->ui) & ~(unsigned)UI_REDRAW;
    }
    act(app);
    if (app->hung_up)
        return;
    screen_tell_releases(app->screen, ui_can_drive(&app->ui));
    if (app->retake) {
        app->retake = false;
        ui_lose_keys(&app->ui, clock_now_ms());
        terminal_retake(app->terminal);
        fit(app);
        screen_repaint(app->screen);
    }
    if (app->resized) {
        app->resized = false;
        fit(app);
    }
    now = clock_now_ms();
    if (now >= due_ms(app) && may_draw(app, now))
        draw(app);
}

// Returns when the next picture is due; INT64_MAX while it waits for the terminal or for a change.
static int64_t next_draw_ms(struct app *app)
{
    if (terminal_is_behind(app->terminal)) {
        event_add(app->writable, NULL);
        return INT64_MAX;
    }
    int64_t at_ms = due_ms(app), wait_ms = screen_wait_until_ms(app->screen);
    return at_ms > wait_ms ? at_ms : wait_ms;
}

static void arm(struct app *app)
{
    struct controller_clock now = session_now();
    int64_t at_ms = earlier(input_next_ms(&app->input), ui_next_ms(&app->ui));
    int64_t presence_us = model_next_us(session_model(app->session), now.us);
    if (presence_us < INT64_MAX)
        at_ms = earlier(at_ms, presence_us / 1000 + 1);
    if (app->leaving)
        at_ms = earlier(at_ms, app->leave_until_ms);
    if (!app->hung_up)
        at_ms = earlier(at_ms, next_draw_ms(app));
    if (at_ms == INT64_MAX) {
        event_del(app->timer);
        return;
    }
    int64_t wait_us = at_ms * 1000 > now.us ? at_ms * 1000 - now.us : 0;
    const struct timeval wait = {.tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000};
    event_add(app->timer, &wait);
}

static int loop(struct app *app)
{
    app->redraw_now = true;
    app->redraw_ms = INT64_MAX;
    turn(app);
    while (!app->closed && !(app->leaving && clock_now_ms() >= app->leave_until_ms)) {
        arm(app);
        if (event_base_loop(app->base, EVLOOP_ONCE) < 0) {
            log_error("the event loop failed");
            return EXIT_FAILURE;
        }
        turn(app);
    }
    return app->signal ? 128 + app->signal : 0;
}

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base && event_base_priority_init(base, 2) < 0) {
        event_base_free(base);
        return NULL;
    }
    return base;
}

// Keys have priority 0, because a flood of reports must not make STOP wait.
static int watch_events(struct app *app)
{
    app->timer = evtimer_new(app->base, on_timer, app);
    app->keys = event_new(app->base, terminal_fd(app->terminal), EV_READ | EV_PERSIST, on_readable, app);
    app->writable = event_new(app->base, terminal_fd(app->terminal), EV_WRITE, on_writable, app);
    if (!app->timer || !app->keys || !app->writable || event_priority_set(app->keys, 0) < 0 ||
        event_add(app->keys, NULL) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < SIGNALS; i++) {
        app->signals[i] = evsignal_new(app->base, signals[i], on_signal, app);
        if (!app->signals[i] || event_add(app->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void forget_events(struct app *app)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (app->signals[i])
            event_free(app->signals[i]);
    if (app->keys)
        event_free(app->keys);
    if (app->writable)
        event_free(app->writable);
    if (app->timer)
        event_free(app->timer);
}

static void load_history(struct app *app)
{
    char path[PATH_MAX];
    if (history_path(path, sizeof path) < 0)
        return;
    int rc = history_load(path, &app->ui.history);
    if (rc < 0)
        ui_hint(&app->ui, clock_now_ms(), true, "no history: %s: %s", path, strerror(-rc));
    app->history = file_writer_new(app->base, path, on_history, app);
}

int app_run(const struct tui_options *options)
{
    static const struct session_events events = {
        .changed = on_changed, .finished = on_finished, .paused = on_paused, .closed = on_closed};
    static struct app app;
    const struct terminal_options manners = {.mouse = options->mouse};
    const struct screen_options look = {.ascii = options->ascii};
    char why[TERMINAL_WHY_SIZE] = "not enough memory";
    int status = EXIT_FAILURE;

    app.options = options;
    app.base = new_base();
    if (!app.base)
        goto report;
    app.session = session_new(app.base, options, &events, &app);
    if (!app.session)
        goto free_base;
    if (terminal_open(&app.terminal, &manners, why) < 0) {
        status = CLI_USAGE;
        goto free_session;
    }
    if (screen_open(&app.screen, app.terminal, &look, why) < 0) {
        status = CLI_USAGE;
        goto close_terminal;
    }
    input_init(&app.input, terminal_is_remote());
    ui_init(&app.ui, session_model(app.session), session_controller(app.session), &options->ui);
    load_history(&app);
    terminal_title(app.terminal, "pc-tui");
    fit(&app);
    if (watch_events(&app) == 0) {
        why[0] = '\0';
        status = loop(&app);
    }
    forget_events(&app);
    screen_close(app.screen);
    file_writer_free(app.history);
close_terminal:
    terminal_close(app.terminal);
    if (!why[0])
        word_cache_keep(app.base, session_model(app.session));
free_session:
    session_free(app.session);
free_base:
    event_base_free(app.base);
report:
    if (why[0])
        log_error("%s", why);
    return status;
}
