# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# status and renew.

good() {
  say "ok $*"
}

# bad MEND TEXT
bad() {
  mend=$1
  shift
  say "!! $*"
  say "    mend: $mend"
  wrong=yes
}

# status_certificate FILE WHAT MEND
status_certificate() {
  if ! left=$(days_left "$1" 2>/dev/null); then
    bad "$3" "$2 cannot be read: $1"
  elif [ "$left" -lt 0 ]; then
    bad "$3" "$2 ended on $(last_day "$1")"
  elif [ "$left" -lt 30 ]; then
    bad "$3" "$2 holds until $(last_day "$1") only: $left days"
  else
    good "$2 holds until $(last_day "$1") ($left days)"
  fi
}

status_files() {
  for file in ca.key own.password settings; do
    case $(stat -c %A "$dir/$file" 2>/dev/null) in
      -rw-------) ;;
      '') bad "$self setup$options" "$dir/$file is missing" ;;
      *) bad "${sudo}chmod 600 $dir/$file" "others may read $dir/$file" ;;
    esac
  done
  for file in server.pem passwd acl mosquitto.conf; do
    case $(stat -c %A "$dir/$file" 2>/dev/null) in
      -rw-???---) ;;
      '') bad "$self setup$options" "$dir/$file is missing" ;;
      *) bad "${sudo}chmod o= $dir/$file" "others may read $dir/$file" ;;
    esac
  done
}

# Each of them in a process of its own: what fails there is a finding here, not the end.
status_broker() {
  if [ "$service" = yes ] && [ ! -f "$drop_in" ]; then
    bad "$self setup" "mosquitto.service runs without our configuration: $drop_in is missing"
    return 0
  fi
  if ! broker_is_running; then
    if [ "$service" = yes ]; then
      bad "sudo systemctl restart mosquitto; journalctl -u mosquitto" "the broker does not run"
    else
      bad "$(command -v mosquitto) -c $dir/mosquitto.conf" "the broker does not run"
    fi
    return 0
  fi
  if broker_is_older; then
    bad "kill $(broker_pid); $(command -v mosquitto) -c $dir/mosquitto.conf" \
      "the broker (process $(broker_pid)) has the old configuration until it is started again"
    return 0
  fi
  good "the broker runs (process $(broker_pid))"
  for way in tls plain; do
    at=$tls_port
    if [ "$way" = plain ]; then
      [ "$port" -ne 0 ] || continue
      at=$port
    fi
    if why=$(round_trip $way 2>&1); then
      good "a message comes through port $at ($way)"
    else
      bad "$self setup$options" "${why#pc-tui-broker: }"
    fi
  done
  if why=$(strangers_are_refused 2>&1); then
    good "who has no login is refused"
  else
    bad "$self setup$options" "${why#pc-tui-broker: }"
  fi
}

status_addresses() {
  for item in $listens; do
    [ -n "$(interface_of "$item")" ] || good "$item is not there now; the broker answers on it when it comes"
  done
  lacking=$(missing_names "$dir" | paste -s -d ' ')
  if [ -n "$lacking" ]; then
    good "the certificate lacks $lacking (devices check its name, not the address; other clients: $self renew$options)"
  fi
}

show_status() {
  wrong=no
  status_files
  status_broker
  status_certificate "$dir/server.pem" "the broker's certificate" "$self renew$options"
  status_certificate "$dir/ca.crt" "the authority's certificate" \
    "$self reset$options && $self setup$options, then everybody joins again"
  status_addresses
  count=$(logins | wc -l)
  good "$count logins:$(logins | sort | sed 's/^/ /' | tr -d '\n')"
  [ "$wrong" = no ] || exit 1
}

# served_certificate: the fingerprint of what the broker shows to who connects.
served_certificate() {
  openssl s_client -connect "127.0.0.1:$tls_port" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null
}

renew() {
  check_clock
  if [ "$if_needed" = yes ] && [ "$(days_left "$dir/server.pem")" -ge 90 ] && [ -z "$(missing_names "$dir")" ]; then
    say "The certificate holds until $(last_day "$dir/server.pem") and has every address: nothing to do."
    return 0
  fi
  make_server "$dir"
  if broker_is_running; then
    fingerprint=$(openssl x509 -in "$dir/server.pem" -noout -fingerprint -sha256)
    reload_broker
    tries=100
    until [ "$(served_certificate)" = "$fingerprint" ]; do
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || fail "the broker still shows its old certificate: $(broker_last_words)"
      sleep 0.05
    done
  fi
  say "The new certificate holds until $(last_day "$dir/server.pem"). Devices and operators notice nothing."
}
