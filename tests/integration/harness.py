# SPDX-License-Identifier: MIT
"""What a scenario of whole programs needs: a private broker, agents, watchers, foreign clients, deadlines, evidence.

A scenario is a function with the decorator @scenario. Its one argument, a Stage, starts programs and ends them again
whatever happens. Each file of scenarios ends with `harness.main()`, which then knows:

    FILE --list          a line a scenario: NAME SERIAL TIMEOUT LOCK, for CMake
    FILE NAME            runs one. Exit status 0 passed, 1 failed, 77 skipped

Environment: BUILD_DIR, where nano-agent/nano-agent and pc-tui/pc-tui are (default: build/tests/plain);
SANITIZED=1 where they were built with sanitizers (no memory limit, more patience).
programs.py has what a stage starts. Only the standard library is imported here; jsonschema on first use.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time  # noqa: F401 (scenarios use it from here)
import traceback

from programs import (BUILD_DIR, CHANNELS, DEADLINE, PATIENCE, SANITIZED, SOURCE_DIR, Agent, Broker,  # noqa: F401
                      Failure, Outcome, Port, Process, Skip, Watcher, check, die_with_parent, equal, paho_client, program,
                      tool, wait_for)


class Stage:
    """One scenario's world. Everything it starts it ends, by pid; its directory goes with it."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='nano-test-')
        os.chmod(self.directory, 0o755)  # a mosquitto started by root reads its files as its own user
        self.processes, self.watchers, self.ports, self.outcomes = [], [], [], []
        self.asked = 0
        self.witnesses = []  # functions that return more evidence
        self.env = {key: value for key, value in os.environ.items()
                    if key not in ('NOTIFY_SOCKET', 'JOURNAL_STREAM', 'WATCHDOG_USEC')}
        self.env.update({'LC_ALL': 'C.UTF-8', 'HOME': self.directory, 'XDG_CONFIG_HOME': self.directory + '/config',
                         'XDG_STATE_HOME': self.directory + '/state',
                         'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=0:exitcode=99',
                         'UBSAN_OPTIONS': 'print_stacktrace=1'})

    # starting things

    def port(self):
        port = Port()
        self.ports.append(port)
        return port

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content):
        path = self.path(name)
        with open(path, 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode('utf-8'))
        return path

    def broker(self, **options):
        return Broker(self, **options)

    def agent(self, broker, **options):
        return Agent(self, broker, **options)

    def watcher(self, broker, **options):
        return Watcher(self, broker, **options)

    def start(self, name, argv, **options):
        return Process(self, name, argv, **options)

    def tui(self, broker, *args, **options):
        """Starts pc-tui (watch, send - …) and leaves it running."""
        argv = [program('pc-tui')] + self._tui_arguments(broker, args)
        return Process(self, 'pc-tui', argv, own=True, **options)

    @staticmethod
    def _tui_arguments(broker, args):
        options = broker.options() if broker else []
        if args and args[0] in ('send', 'watch'):
            return [args[0]] + options + list(args[1:])
        return options + list(args)

    # foreign clients and single shots

    def run(self, argv, stdin=b'', deadline=DEADLINE, env=None):
        """Runs a program to its end."""
        stdin = stdin.encode('utf-8') if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  timeout=deadline * PATIENCE, cwd=self.directory, env=dict(self.env, **(env or {})),
                                  preexec_fn=die_with_parent)
        except subprocess.TimeoutExpired as e:
            raise Failure('%s did not end within %g s; stdout %r, stderr %r'
                          % (' '.join(argv), deadline * PATIENCE, e.stdout, e.stderr)) from None
        outcome = Outcome(done.returncode, done.stdout.decode('utf-8', 'replace'),
                          done.stderr.decode('utf-8', 'replace'))
        self.outcomes.append((argv, outcome))
        return outcome

    def pub(self, broker, payload, topic='jetson/control', args=()):
        """mosquitto_pub: the payload as bytes or text, exactly as given."""
        raw = payload if isinstance(payload, bytes) else payload.encode('utf-8')
        outcome = self.run([tool('mosquitto_pub')] + broker.options() + ['-t', topic] + list(args) + ['-s'], raw)
        equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)

    def pub_lines(self, broker, lines, topic='jetson/control', qos=1, deadline=60):
        """mosquitto_pub: each line a message, over one connection, as fast as it goes."""
        outcome = self.run([tool('mosquitto_pub')] + broker.options() + ['-t', topic, '-q', str(qos), '-l'],
                           '\n'.join(lines) + '\n', deadline)
        equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)

    def say(self, broker, watcher, payload, what=None, topic='jetson/control', args=(), deadline=DEADLINE):
        """Publishes a command with mosquitto_pub and returns the report that carries its result."""
        known = [r for r in watcher.since() if r.last]
        before = (known[-1].boot, known[-1].last['n']) if known else None
        mark = watcher.mark()
        self.pub(broker, payload, topic, args)
        return watcher.wait(lambda r: r.last and (before is None or r.boot != before[0] or r.last['n'] > before[1]),
                            what or 'the result of %r' % payload, mark, deadline)

    def send(self, broker, *args, stdin='', deadline=30, env=None):
        """pc-tui send, to its end."""
        return self.run([program('pc-tui')] + self._tui_arguments(broker, ('send',) + args), stdin, deadline, env)

    # the end

    def evidence(self):
        parts = []
        for argv, outcome in self.outcomes[-5:]:
            parts.append('--- ran %s\n%r' % (' '.join(argv), outcome))
        for process in self.processes:
            state = 'running' if process.alive() else 'ended with %s' % process.popen.returncode
            parts.append('--- %s (pid %d, %s): %s' % (process.name, process.pid, state, ' '.join(process.argv)))
            for label, text in (('stdout', process.out()), ('stderr', process.err())):
                if text.strip():
                    lines = text.splitlines()
                    cut = ['… %d lines left out …' % (len(lines) - 60)] if len(lines) > 60 else []
                    parts.append('%s:\n%s' % (label, '\n'.join(cut + lines[-60:])))
        for watcher in self.watchers:
            parts.append('--- %s saw %d messages, the last:' % (watcher.name, watcher.mark()))
            parts += [repr(report) for report in watcher.since()[-25:]]
        parts += [witness() for witness in self.witnesses]
        return '\n'.join(parts)

    def validate(self, reports):
        """Each of these statuses against docs/status.schema.json."""
        try:
            import jsonschema
        except ImportError:
            return
        with open(os.path.join(SOURCE_DIR, 'docs', 'status.schema.json'), encoding='utf-8') as f:
            schema = json.load(f)
        validator = jsonschema.validators.validator_for(schema)(schema)
        for report in reports:
            check(report.status is not None, 'a status is not JSON: %r' % report)
            errors = sorted(validator.iter_errors(report.status), key=str)
            check(not errors, 'a status breaks docs/status.schema.json: %s\n%r' % (errors and errors[0], report))

    def finish(self):
        """Ends our programs and looks at what they leave: a sanitizer's report fails any scenario, and so does a
        status that breaks the schema."""
        for process in reversed([p for p in self.processes if p.own]):
            process.end()
        for process in self.processes:
            if process.own:
                check(not process.sanitizer_report(), '%s: the sanitizer has found something' % process.name)
        for argv, outcome in self.outcomes:
            check(outcome.code != 99 and 'runtime error:' not in outcome.err,
                  'the sanitizer has found something: %s\n%r' % (' '.join(argv), outcome))
        for watcher in self.watchers:
            statuses = [r for r in watcher.since() if r.topic.endswith('/status') and r.payload]
            self.validate(statuses[:: max(1, len(statuses) // 200)])

    def close(self):
        for watcher in self.watchers:
            watcher.close()
        for process in reversed(self.processes):
            process.end()
        for port in self.ports:
            port.release()
        shutil.rmtree(self.directory, ignore_errors=True)


def set_up(stage, **options):
    """A broker, a watcher and an agent that reports."""
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, **options)
    watcher.online()
    return broker, watcher, agent


def answers(stage, broker, watcher, topic='jetson/control'):
    """The agent is alive and well: it carries out `status`. What it was told before has its result by then."""
    stage.asked += 1
    name = 'asked-%d' % stage.asked
    mark = watcher.mark()
    stage.pub(broker, json.dumps({'cmd': 'status', 'id': name}), topic)
    report = watcher.result('the agent still answers', mark, id=name)
    equal((report.last['cmd'], report.last['result']), ('status', 'ok'), 'the answer to status')
    return report


def at_rest(watcher, channel='tilt', since=0, **fields):
    """Waits until a servo has arrived."""
    return watcher.wait(lambda r: r.online and r.channel(channel).get('moving') is False and
                        all(r.channel(channel).get(k) == v for k, v in fields.items()),
                        '%s at rest with %r' % (channel, fields), since)


_scenarios = {}


def scenario(function=None, serial=False, timeout=60, lock='-', plain=False):
    """serial: measures time so finely that nothing else may run beside it; so it runs in the plain build of this system alone.
    plain: the same alone, since it waits long and only for time to pass: a sanitizer would see nothing that it does not see in
    shorter ones. lock: no two scenarios that name the same lock run
    at one time; 'calm' is that of those that make much load, and of those that much load would disturb. timeout: seconds for
    ctest; the longest are started first."""

    def register(f):
        if f.__module__ == '__main__':  # not those of a file that is only imported
            _scenarios[f.__name__] = (f, serial, timeout, lock, plain or serial)
        return f

    return register(function) if function else register


def _out_of_time(_signal, _frame):
    raise Failure('out of time')


def _run(function, timeout):
    # Before ctest kills us: everything ended, and the evidence printed.
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(max(1, timeout * PATIENCE - 5))
    stage = Stage()
    try:
        try:
            function(stage)
            stage.finish()
            print('passed')
            return 0
        except Skip as reason:
            print('SKIP: %s' % reason)
            return 77
        except BaseException as error:  # the evidence must be printed before anything is ended
            print('FAILED: %s' % error)
            where = traceback.extract_tb(error.__traceback__)
            for frame in where:
                if os.path.basename(frame.filename) not in ('harness.py', 'programs.py'):
                    print('  at %s:%d: %s' % (os.path.basename(frame.filename), frame.lineno, frame.line))
            if not isinstance(error, Failure):
                traceback.print_exc(file=sys.stdout)
            print(stage.evidence())
            return 1
    finally:
        signal.alarm(0)
        stage.close()


def main():
    # Korean and control characters in evidence must not end a run in the C locale.
    sys.stdout.reconfigure(encoding='utf-8', errors='replace')
    names = sys.argv[1:]
    if names == ['--list']:
        for name, (_, serial, timeout, lock, plain) in _scenarios.items():
            print(name, int(serial), timeout, lock, int(plain))
        return
    if len(names) != 1 or names[0] not in _scenarios:
        print('usage: %s NAME, one of:\n  %s' % (sys.argv[0], '\n  '.join(_scenarios)), file=sys.stderr)
        sys.exit(2)
    function, _, timeout, _, _ = _scenarios[names[0]]
    sys.exit(_run(function, timeout))
