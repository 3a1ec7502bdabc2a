# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The running broker: its configuration, its process, and our own login at it.

# Checks that what is started here knows the configuration. JetPack 4 has 1.4, Ubuntu 20.04 has 1.6.
check_mosquitto() {
  version=$(mosquitto -h 2>/dev/null | sed -n '1s/^mosquitto version \([0-9.]*\).*/\1/p')
  case $version in
    '' | 0.* | 1.*)
      fail "mosquitto ${version:-of an unknown version} is too old, 2.0 is needed. On Ubuntu:" \
        "sudo add-apt-repository ppa:mosquitto-dev/mosquitto-ppa && sudo apt install mosquitto mosquitto-clients;" \
        "or run pc-tui-broker on another computer, the PC for example"
      ;;
  esac
}

pid_file() {
  if [ "$service" = yes ]; then say /run/mosquitto/mosquitto.pid; else say "$dir/mosquitto.pid"; fi
}

# write_configuration FILE
write_configuration() {
  {
    user=$owner
    [ "$service" = no ] || user=mosquitto
    fill mosquitto.conf.in DIR="$dir" USER="$user" PID_FILE="$(pid_file)"
    if [ "$port" -ne 0 ]; then
      fill listener-plain.in PORT="$port" ADDRESS=127.0.0.1
      if has_ipv6_loopback; then fill listener-plain.in PORT="$port" ADDRESS=::1; fi
    fi
    if [ -z "$listens" ]; then
      fill listener-tls.in DIR="$dir" PORT="$tls_port" ADDRESS=
    else
      # Also for this computer, where pc-tui is: its address is there when the cable is not.
      for address in 127.0.0.1 $(! has_ipv6_loopback || say ::1) $listens; do say "$address"; done | awk '!seen[$0]++' |
        while read -r address; do fill listener-tls.in DIR="$dir" PORT="$tls_port" ADDRESS=" $address"; done
    fi
  } >"$1"
}

# broker_pid: of the broker that has read our configuration; nothing where it does not run.
broker_pid() {
  if [ "$service" = yes ]; then
    pid=$(systemctl show -p MainPID --value mosquitto.service 2>/dev/null) || pid=0
    [ -f "$drop_in" ] || pid=0
  else
    pid=$(cat "$(pid_file)" 2>/dev/null) || pid=0
  fi
  case $pid in '' | 0 | *[!0-9]*) return 0 ;; esac
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != mosquitto ] || say "$pid"
}

broker_is_running() {
  [ -n "$(broker_pid)" ]
}

# broker_is_older: the broker of --no-service was started before the configuration changed. It wrote its pid file at its start.
broker_is_older() {
  [ "$service" = no ] && [ -n "$(find "$dir/mosquitto.conf" -newer "$(pid_file)")" ]
}

reload_broker() {
  pid=$(broker_pid)
  kill -HUP "$pid" || fail "cannot tell the broker (process $pid) of the change"
}

# Why the broker refuses or has ended, in its own words.
broker_last_words() {
  if [ "$service" = yes ]; then
    journalctl -u mosquitto.service -n 20 -o cat --no-pager 2>/dev/null | grep -E 'Error|Unable|rror:' | tail -n 1 | grep . ||
      say "see journalctl -u mosquitto"
  elif [ -s "$work/mosquitto.log" ]; then
    grep -E 'Error|Unable|rror:' "$work/mosquitto.log" | tail -n 1 | sed 's/^[0-9T:-]*: *//' | grep . || tail -n 1 "$work/mosquitto.log"
  else
    say "see its log"
  fi
}

# own_configuration plain|tls PROGRAM: prints where mosquitto_pub or mosquitto_sub finds our login. The password is in a file
# that they read, not in an argument, which others could see.
own_configuration() {
  mkdir -p "$work/by-$1"
  {
    say "-h 127.0.0.1"
    if [ "$1" = plain ]; then say "-p $port"; else say "-p $tls_port" && say "--cafile $dir/ca.crt"; fi
    say "-u $own_login"
    say "-P $(cat "$dir/own.password")"
  } >"$work/by-$1/$2"
  say "$work/by-$1"
}

# publish plain|tls ARGUMENT…: mosquitto_pub with our login; returns when the broker has taken the message, or refused us.
publish() {
  way=$1
  shift
  XDG_CONFIG_HOME=$(own_configuration "$way" mosquitto_pub) mosquitto_pub -q 1 "$@" </dev/null 2>"$work/client.log" 9<&-
}

# subscribe plain|tls ARGUMENT…: mosquitto_sub with our login in the background; its process is $listener, its output "heard".
subscribe() {
  way=$1
  shift
  : >"$work/heard"
  client=$(own_configuration "$way" mosquitto_sub)
  XDG_CONFIG_HOME=$client mosquitto_sub -q 1 "$@" </dev/null >"$work/heard" 2>"$work/listener.log" 9<&- &
  listener=$!
}

# The quicker way, where there is one.
own_way() {
  if [ "$port" -ne 0 ]; then say plain; else say tls; fi
}

# own_login_holds: waits until the broker takes our login's latest password.
own_login_holds() {
  tries=200
  until publish "$(own_way)" -t "$root/reply/$own_login" -n; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! broker_is_running; then return 1; fi
    sleep 0.03
  done
}

# round_trip plain|tls: a message out and back.
round_trip() {
  topic=$root/reply/$own_login
  sent=$(openssl rand -hex 8)
  subscribe "$1" -t "$topic" -C 1 -W 5
  tries=25
  while kill -0 $listener 2>/dev/null && [ "$tries" -gt 0 ]; do
    publish "$1" -t "$topic" -m "$sent" || break
    tries=$((tries - 1))
    sleep 0.1
  done
  wait $listener || :
  [ "$(cat "$work/heard")" = "$sent" ] ||
    fail "no message comes through the broker ($1, port $(if [ "$1" = tls ]; then say "$tls_port"; else say "$port"; fi)):" \
      "$(grep . "$work/client.log" | tail -n 1 | grep . || broker_last_words)"
}

# strangers_are_refused: nobody without a login comes in.
strangers_are_refused() {
  way=$(own_way)
  mkdir -p "$work/stranger"
  grep -vE '^-[uP] ' "$work/by-$way/mosquitto_pub" >"$work/stranger/mosquitto_pub"
  ! XDG_CONFIG_HOME=$work/stranger mosquitto_pub -q 1 -t "$root/control" -m status </dev/null >/dev/null 2>&1 ||
    fail "the broker lets in who has no login"
}

# wait_for_broker PID: until it takes our login; fails where it ends.
wait_for_broker() {
  tries=200
  until publish "$(own_way)" -t "$root/reply/$own_login" -n; do
    tries=$((tries - 1))
    kill -0 "$1" 2>/dev/null || fail "mosquitto does not start with this configuration: $(broker_last_words)"
    [ "$tries" -gt 0 ] || fail "mosquitto does not answer: $(grep . "$work/client.log" | tail -n 1)"
    sleep 0.05
  done
}

# prove_broker: a round trip on each of its ports, and none without a login.
prove_broker() {
  round_trip tls
  [ "$port" -eq 0 ] || round_trip plain
  strangers_are_refused
}

# retained_status TOPIC: what is retained there; nothing where nothing is. What the broker says of itself is retained always
# and comes after it, so that there is an end to wait for.
retained_status() {
  subscribe "$(own_way)" -W 3 --retained-only -F '%t %p' -t "$1" -t '$SYS/broker/version'
  until grep -q '^\$SYS' "$work/heard" || ! kill -0 $listener 2>/dev/null; do sleep 0.02; done
  kill $listener 2>/dev/null || :
  wait $listener 2>/dev/null || :
  awk -v topic="$1 " 'index($0, topic) == 1 { print substr($0, length(topic) + 1); exit }' "$work/heard"
}

# show_as_removed LOGIN: the device's will is not published by a broker that throws it out, and its last status would stay.
# 1 where the broker does not take it.
show_as_removed() {
  topic=$(device_topic "$1")
  status=$(retained_status "$topic/status")
  name=
  [ "$1" = device ] || name=${1#device-}
  if [ -n "$status" ]; then
    # It counts only with the boot of the status before.
    boot=$(printf '%s\n' "$status" | sed -n 's/.*"boot" *: *"\([A-Za-z0-9._-]\{1,32\}\)".*/\1/p')
    if [ -n "$boot" ]; then
      publish "$(own_way)" -r -t "$topic/status" \
        -m "{\"v\":1,\"device\":\"$name\",\"online\":false,\"boot\":\"$boot\",\"why\":\"removed\"}" || return 1
    else
      publish "$(own_way)" -r -t "$topic/status" -n || return 1
    fi
  fi
  publish "$(own_way)" -r -t "$topic/about" -n
}
