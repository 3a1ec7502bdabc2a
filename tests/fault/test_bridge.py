# SPDX-License-Identifier: MIT
"""A retained command on a broker far away, which a bridge brings to the agent's broker again and again."""
import time

from harness import PATIENCE, answers, check, equal, scenario, wait_for

RESTARTS = 6


@scenario(timeout=180, plain=True)
def a_retained_command_behind_a_bridge_moves_nothing_at_any_restart_of_the_far_broker(stage):
    far = stage.broker(config='', verbose=False)
    near = stage.broker(config='connection far\naddress 127.0.0.1:%d\ntopic jetson/control in 1\nrestart_timeout 1\n'
                               'notifications false\n' % far.port)
    watcher = stage.watcher(near)
    control = stage.watcher(near, topics=['jetson/control'], name='control')
    agent = stage.agent(near)
    watcher.online()
    for i in range(RESTARTS):
        mark = control.mark()
        # Its memory is gone with it: what was retained there is published there again, as by a program that starts.
        stage.pub(far, 'tilt -30', args=['-r'])
        control.wait(lambda r: r.payload == b'tilt -30', 'the bridge brings it, time %d' % i, mark, 20)
        far.kill()
        far = far.again()
    time.sleep(0.5)
    answers(stage, near, watcher)
    equal(agent.pulses(), [], 'pulses emitted')
    results = [last['result'] for last in watcher.results() if last['cmd'] == 'tilt -30']
    check(len(results) >= 1 and set(results) == {'retained'}, 'the results: %r' % results)
    wait_for(lambda: 'held an old command' in agent.err(), 'the log names it', 5 * PATIENCE)


if __name__ == '__main__':
    import harness
    harness.main()
