// SPDX-License-Identifier: MIT
// Gives the terminal back when the program crashes.
#ifndef PC_TUI_CRASH_H
#define PC_TUI_CRASH_H

#include <termios.h>

// From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write the text of crash_undo and set the modes, as far
// as that is possible without waiting, and then end the process as they always do. fd must be O_NONBLOCK.
void crash_catch(int fd, const struct termios *modes);
void crash_let_go(void);
// Sets what the handler writes, at most 512 bytes.
void crash_undo(const char *text);
// Says whether the terminal is ours to give back at this moment. At first it is not.
void crash_arm(int on);

#endif
