# SPDX-License-Identifier: MIT
"""The shells' completion: what is installed is what the programs print, and bash offers what it should."""
import os
import shutil
import subprocess

import harness
from harness import Skip, check, equal, scenario, set_up

KEPT = {('pc-tui', 'bash'): 'pc-tui/dist/completions/pc-tui', ('pc-tui', 'zsh'): 'pc-tui/dist/completions/_pc-tui',
        ('nano-agent', 'bash'): 'nano-agent/dist/completions/nano-agent',
        ('nano-agent', 'zsh'): 'nano-agent/dist/completions/_nano-agent'}


def kept(program, shell):
    return os.path.join(harness.SOURCE_DIR, KEPT[program, shell])


def offered(stage, program, *words):
    """What bash offers for the last word."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); %s; printf "%%s\\n" "${COMPREPLY[@]}"'
              % ('_' + program.replace('-', '_')))
    outcome = subprocess.run(['bash', '-c', script, 'bash', kept(program, 'bash'), program] + list(words),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=stage.env, cwd=stage.directory, check=True)
    equal(outcome.stderr, b'', 'complaints of the shell')
    return outcome.stdout.decode().split()


@scenario
def the_installed_completions_are_what_the_programs_print(stage):
    for (program, shell), path in KEPT.items():
        outcome = stage.run([harness.program(program), '--completion', shell])
        equal(outcome.code, 0, '%s --completion %s: %r' % (program, shell, outcome))
        with open(kept(program, shell), encoding='utf-8') as f:
            check(f.read() == outcome.out,
                  '%s differs; mend it with: %s --completion %s >%s' % (path, program, shell, path))
    outcome = stage.run([harness.program('pc-tui'), '--completion', 'fish'])
    equal(outcome.code, 2, 'another shell: %r' % outcome)
    check('bash or zsh' in outcome.err, 'the reason: %r' % outcome)


@scenario
def the_shells_can_read_their_completions(stage):
    for (program, shell) in KEPT:
        if not shutil.which(shell):
            raise Skip('%s is not installed' % shell)
        outcome = stage.run([shutil.which(shell), '-n', kept(program, shell)])
        equal((outcome.code, outcome.err), (0, ''), '%s for %s' % (shell, program))


@scenario
def bash_offers_subcommands_options_and_files(stage):
    equal(offered(stage, 'pc-tui', ''), ['send', 'watch', 'devices', 'join'], 'at first')
    equal(offered(stage, 'pc-tui', '--as'), ['--ascii'], 'an option')
    equal(offered(stage, 'pc-tui', '--device', ''), [], 'a name that nobody can know')
    stage.write('some.conf', '')
    check('some.conf' in offered(stage, 'pc-tui', '-c', 'some'), 'a file')
    equal(offered(stage, 'nano-agent', ''), ['check', 'pins', 'zero', 'join'], 'of the agent')
    for program in ('nano-agent', 'pc-tui'):
        check('some.conf' in offered(stage, program, 'join', 'so'), 'the file that %s joins by' % program)
        check('--undo' in offered(stage, program, 'join', '--un'), 'an option behind join')


@scenario
def bash_offers_the_words_that_devices_understood_when_pc_tui_last_ended(stage):
    equal(offered(stage, 'pc-tui', 'send', ''), [], 'before the first run')
    broker, _, _ = set_up(stage)
    outcome = stage.run([harness.program('pc-tui'), 'send', 'led_on'] + broker.options())
    equal(outcome.code, 0, 'a run: %r' % outcome)
    equal(offered(stage, 'pc-tui', 'send', 'tilt_u'), ['tilt_up'], 'a word')
    check('led_off' in offered(stage, 'pc-tui', 'send', 'tilt_up', 'led_'), 'another one')
    words = os.path.join(stage.env.get('XDG_CACHE_HOME') or os.path.join(stage.env['HOME'], '.cache'), 'pc-tui', 'words')
    with open(words, 'a', encoding='ascii') as f:
        f.write('$(touch harm)\n')
    offered(stage, 'pc-tui', 'send', '')
    check(not os.path.exists(os.path.join(stage.directory, 'harm')), 'a word is never carried out')


if __name__ == '__main__':
    harness.main()
