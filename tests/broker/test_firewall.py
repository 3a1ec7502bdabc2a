# SPDX-License-Identifier: MIT
"""What setup does to a firewall: a real ufw and a real firewalld, in a network and an /etc of the scenario's own."""
import os
import re
import shutil
import subprocess

import harness
from broker_rig import need_root
from harness import SOURCE_DIR, Skip, check, equal, scenario

# The last step of setup and the first of reset, with the parts of the program itself.
STEPS = '''
set -eu
share={source}/pc-tui/broker dir=/nonexistent service=yes me=root command=setup yes=no work=/run/work
mkdir -p $work
. $share/common.sh
. $share/system.sh
load_settings
firewall_wish=$1 listens=$2
open_firewall </dev/null
echo "=== open"
{show}
echo "=== again"
open_firewall </dev/null
echo "=== closed"
close_firewall
{show}
'''
PLACE = '''
mount -t tmpfs none /run && mkdir -p /run/dbus /run/over && mount -t tmpfs none /run/over && mkdir /run/over/upper /run/over/work &&
  mount -t overlay none -o lowerdir=/etc,upperdir=/run/over/upper,workdir=/run/over/work /etc &&
  ip link set lo up && ip link add usb0 type veth peer name usb1 && ip address add 192.168.55.100/24 dev usb0 && ip link set usb0 up ||
  exit 77
'''
UFW = PLACE + '''
ufw --force enable >/dev/null || exit 77
sh {steps} "$1" "$2"
code=$?
ufw --force disable >/dev/null
exit $code
'''
FIREWALLD = PLACE + '''
bus=$(dbus-daemon --system --fork --print-pid) || exit 77
firewalld --nofork >/run/firewalld.log 2>&1 &
firewalld=$!
tries=100
until firewall-cmd --state >/dev/null 2>&1; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || break
  sleep 0.1
done
code=77
if [ $tries -gt 0 ]; then
  firewall-cmd -q --zone=work --change-interface=usb0
  sh {steps} "$1" "$2"
  code=$?
fi
kill $firewalld $bus
wait
exit $code
'''


def play(stage, script, show, wish, listens=''):
    """The output of the steps, in parts: what was said, the rules while open, what was said again, the rules after."""
    steps = stage.write('steps', STEPS.format(source=SOURCE_DIR, show=show))
    place = stage.write('place', script.format(steps=steps))
    done = subprocess.run(['unshare', '--net', '--mount', 'sh', place, wish, listens], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 77:
        raise Skip('no such firewall in a namespace here: %s' % done.stdout[-300:])
    equal(done.returncode, 0, done.stdout)
    parts = [part.strip() for part in re.split('=== .*\n', done.stdout)]
    equal(len(parts), 4, done.stdout)
    return parts


def need(*tools):
    need_root()
    for name in tools:
        if not shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin:/sbin'):
            raise Skip('%s is not installed' % name)


@scenario
def ufw_is_opened_only_when_that_was_said(stage):
    need('ufw', 'unshare')
    show = "ufw status | sed -n '/8883/p' | tr -s ' '"
    said, rules, again, after = play(stage, UFW, show, '')
    check('sudo ufw allow 8883/tcp' in said and 'sudo' in again, 'what to type: %r' % said)
    equal((rules, after), ('', ''), 'without a terminal nothing is opened')
    equal(play(stage, UFW, show, 'leave')[1], '', 'leave')
    said, rules, again, after = play(stage, UFW, show, 'open')
    equal(rules, '8883/tcp ALLOW Anywhere \n8883/tcp (v6) ALLOW Anywhere (v6)', said)
    equal((again, after), ('', ''), 'a second time it is open already, and reset closes it')


@scenario
def ufw_is_opened_for_the_addresses_of_listen(stage):
    need('ufw', 'unshare')
    show = "ufw status | sed -n '/8883/p' | tr -s ' '"
    said, rules, again, after = play(stage, UFW, show, 'open', '192.168.55.100 10.1.1.1 127.0.0.1')
    equal(rules.splitlines(), ['192.168.55.100 8883/tcp on usb0 ALLOW Anywhere ', '10.1.1.1 8883/tcp ALLOW Anywhere'], said)
    equal((again, after), ('', ''), 'a second time, and after reset')


@scenario(timeout=240)  # each of its commands starts a Python
def firewalld_is_opened_and_closed_again(stage):
    need('firewalld', 'firewall-cmd', 'dbus-daemon', 'unshare')
    ports = 'for zone in public work; do firewall-cmd --zone=$zone --list-ports; firewall-cmd --permanent --zone=$zone --list-ports; done'
    said, rules, _, after = play(stage, FIREWALLD, ports, '')
    check("--add-port=8883/tcp'" in said, said)
    equal((rules, after), ('', ''), 'without a terminal nothing is opened')
    said, rules, again, after = play(stage, FIREWALLD, ports, 'open')
    equal((rules, again, after), ('\n'.join(['8883/tcp'] * 4), '', ''), said)
    zone = 'firewall-cmd --zone=work --list-rich-rules; firewall-cmd --permanent --zone=work --list-rich-rules'
    said, rules, again, after = play(stage, FIREWALLD, zone, 'open', '192.168.55.100')
    rule = 'rule family="ipv4" destination address="192.168.55.100" port port="8883" protocol="tcp" accept'
    equal((rules, again, after), (rule + '\n' + rule, '', ''), said)


if __name__ == '__main__':
    harness.main()
