# SPDX-License-Identifier: MIT
"""What outlasts a run of nano-agent: the file of positions, and that nothing which happens to it stops the agent."""
import os
import re
import signal
import stat

import harness
from harness import answers, at_rest, check, equal, scenario, wait_for

LAST = harness.CHANNELS.replace('start = off safe = off lost = hold exit = hold', 'start = last')


def rested(stage, broker, watcher, deg):
    mark = watcher.mark()
    stage.say(broker, watcher, 'tilt %d' % deg)
    at_rest(watcher, since=mark, deg=deg)


def kept(path):
    with open(path) as file:
        return file.read()


def is_saved(path, text):
    wait_for(lambda: os.path.exists(path) and text in kept(path), '%r in %s' % (text, path))


def set_up(stage, path, **options):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, args=['--state', path], **options)
    watcher.online()
    return broker, watcher, agent


@scenario
def after_kill_9_the_position_is_the_saved_one_and_nothing_is_powered(stage):
    path = stage.path('positions')
    broker, watcher, agent = set_up(stage, path)
    rested(stage, broker, watcher, 20)
    is_saved(path, 'tilt 200 ')
    agent.kill()
    mark = watcher.mark()
    agent = stage.agent(broker, args=['--state', path])
    tilt = watcher.online(mark).channel('tilt')
    equal((tilt['deg'], tilt['driven'], tilt.get('assumed')), (20, False, None), 'deg, driven, assumed')
    equal(agent.pulses(), [], 'pulses emitted')
    mark = watcher.mark()
    stage.say(broker, watcher, 'tilt_up')
    at_rest(watcher, since=mark, deg=25)
    check(agent.pulses()[0] > 1700, 'it starts from there: %r' % agent.changes('tilt')[:3])
    equal(agent.err().count('positions'), 0, 'words about the file')


@scenario
def start_last_powers_the_saved_position(stage):
    path = stage.path('positions')
    broker, watcher, agent = set_up(stage, path, channels=LAST)
    rested(stage, broker, watcher, -30)
    equal(agent.terminate(), 0, 'the exit status')
    mark = watcher.mark()
    agent = stage.agent(broker, args=['--state', path], channels=LAST)
    check(watcher.online(mark).channel('tilt')['driven'], 'driven')
    wait_for(lambda: agent.pulses(), 'a pulse')
    equal(len(agent.pulses()), 1, 'pulses')
    check(abs(agent.pulses()[0] - 1167) <= 1, 'the pulse of -30 degrees: %r' % agent.pulses())


@scenario
def a_clean_stop_saves_what_the_last_five_seconds_changed(stage):
    path = stage.path('positions')
    broker, watcher, agent = set_up(stage, path)
    rested(stage, broker, watcher, 20)
    is_saved(path, 'tilt 200 ')
    rested(stage, broker, watcher, 10)
    check('tilt 200 ' in kept(path), 'not saved twice within five seconds')
    equal(agent.terminate(), 0, 'the exit status')
    check('tilt 100 ' in kept(path), 'saved at the end: %s' % kept(path))


@scenario
def whatever_is_wrong_with_the_file_is_one_warning_and_the_agent_works(stage):
    def torn(path):
        with open(path, 'w') as file:
            file.write('nano-agent positions 1\ntilt 200 0bad')

    def foreign(path):
        with open(path, 'wb') as file:
            file.write(os.urandom(3000))

    def old(path):
        with open(path, 'w') as file:
            file.write('nano-agent positions 0\ntilt 200\n')

    def huge(path):
        with open(path, 'w') as file:
            file.truncate(1 << 30)

    broker = stage.broker()
    watcher = stage.watcher(broker)
    for wrong, words in ((torn, 'torn'), (foreign, 'no file of nano-agent'), (old, 'another version'),
                         (huge, 'too large'), (os.mkdir, 'Is a directory'), (os.mkfifo, 'no regular file')):
        path = stage.path('positions-%s' % wrong.__name__)
        wrong(path)
        mark = watcher.mark()
        agent = stage.agent(broker, args=['--state', path])
        equal(watcher.online(mark).channel('tilt')['deg'], None, 'deg (%s)' % wrong.__name__)
        answers(stage, broker, watcher)
        lines = re.compile(r'.*%s.*' % re.escape(path))
        wait_for(lambda agent=agent, lines=lines: lines.search(agent.err()), 'the warning (%s)' % wrong.__name__)
        told = lines.findall(agent.err())
        equal(len(told), 1, 'warnings (%s): %r' % (wrong.__name__, told))
        check(words in told[0], '%r in %r' % (words, told[0]))
        equal(agent.terminate(), 0, 'the exit status')


@scenario
def a_file_that_cannot_be_written_is_one_warning_and_the_agent_works(stage):
    path = os.path.join(stage.path('nowhere'), 'positions')
    broker, watcher, agent = set_up(stage, path)
    rested(stage, broker, watcher, 20)
    wait_for(lambda: 'positions are not saved' in agent.err(), 'the agent says so')
    rested(stage, broker, watcher, 10)
    equal(agent.terminate(), 0, 'the exit status')
    equal(agent.err().count('positions are not saved'), 1, 'warnings')
    check('No such file or directory' in agent.err(), agent.err())


@scenario
def a_simulation_saves_nothing(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    folder = stage.path('state')
    os.mkdir(folder)
    agent = stage.agent(broker, env={'STATE_DIRECTORY': folder})
    watcher.online()
    rested(stage, broker, watcher, 20)
    equal(agent.terminate(), 0, 'the exit status')
    equal(os.listdir(folder), [], 'files')


@scenario
def without_sim_systemd_says_where(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    folder = stage.path('state')
    os.mkdir(folder)
    agent = stage.agent(broker, sim=False, env={'STATE_DIRECTORY': folder},
                        channels='servo tilt { pwm = sim }\n')
    watcher.online()
    rested(stage, broker, watcher, 20)
    path = os.path.join(folder, 'positions')
    is_saved(path, 'tilt 200 ')
    equal(stat.S_IMODE(os.stat(path).st_mode) & 0o133, 0, 'nobody else may write it')
    agent.signal(signal.SIGTERM)
    equal(agent.wait(), 0, 'the exit status')


if __name__ == '__main__':
    harness.main()
