# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# setup and reset.

# take_options: what was said now goes over what an earlier setup was told, and that over the defaults.
take_options() {
  if [ -n "$given_root" ]; then check_root "$given_root" && root=$given_root; fi
  if [ -n "$given_port" ]; then check_port --port "$given_port" 0 && port=$given_port; fi
  if [ -n "$given_tls_port" ]; then check_port --tls-port "$given_tls_port" 1 && tls_port=$given_tls_port; fi
  [ "$port" -ne "$tls_port" ] || fail "--port and --tls-port are both $port"
  if [ -n "$given_listens" ]; then
    listens= any=
    for item in $given_listens; do
      case $item in
        any | 0.0.0.0 | ::) any=yes ;;
        *)
          is_address "$item" || fail "--listen: “$item” is no address: 192.168.55.100, fd00::1 or any"
          has "$item" "$listens" || listens="$listens $item"
          ;;
      esac
    done
    [ -z "$any" ] || listens=
  fi
  old_names=$names names=
  for item in $given_names; do
    is_address "$item" || is_host_name "$item" || fail "--name: “$item” is neither a host name nor an address"
    has "$item" "$names" || names="$names $item"
  done
  # Names of before stay good: those who joined verify them.
  for item in $old_names; do
    has "$item" "$names" || names="$names $item"
  done
  [ -n "$names" ] || names=pc-tui-broker
  case $firewall_wish in '' | open | leave) ;; *) fail "--firewall: open or leave, not “$firewall_wish”" ;; esac
}

# choose_operator: whose pc-tui is connected afterwards.
choose_operator() {
  operator=$given_operator
  if [ -z "$operator" ]; then
    operator=$caller
    # The second time, the same as the first.
    if [ -n "$operators" ]; then operator=$(printf '%s' "$operators" | tail -n 1) && operator=${operator%% *}; fi
  fi
  case $operator in -* | *[!A-Za-z0-9._@-]*) fail "--operator: “$operator” is no name of a user" ;; esac
  operator_dir=$(operator_directory "$operator")
}

# build DIRECTORY: everything that setup makes, away from what is in use.
build() {
  if [ "$again" = yes ]; then
    for file in ca.key ca.crt server.pem passwd mosquitto.pid; do
      [ ! -e "$dir/$file" ] || cp -p "$dir/$file" "$1/$file"
    done
  fi
  if [ ! -f "$1/ca.key" ]; then make_authority "$1"; fi
  secret "$1/ca.key"
  belongs "$1/ca.crt" 640
  if [ ! -f "$1/server.pem" ] || [ "$(days_left "$1/server.pem")" -lt 90 ] || [ -n "$(missing_names "$1")" ]; then
    make_server "$1"
  fi

  login=$(operator_login "$operator")
  operator_password=
  renew_own_login "$1/passwd" "$1/own.password"
  known=no
  if logins "$1/passwd" | grep -qx -e "$login"; then known=yes; fi
  if [ "$known" = no ] || ! operator_has_file "$operator_dir" "$operator"; then
    operator_password=$(new_password)
    [ "$known" = no ] || say "$login gets a new password here: whoever joined with the old one on another computer must join again."
    put_login "$login" "$operator_password" "$1/passwd"
  fi
  operators=$(printf '%s' "$operators" | grep -vxF -e "$operator $operator_dir" || :)
  operators="${operators:+$operators
}$operator $operator_dir
"
  write_acl "$1/passwd" "$1/acl"
  write_configuration "$1/mosquitto.conf"
  # Its time tells broker_is_older whether it has changed.
  if cmp -s "$dir/mosquitto.conf" "$1/mosquitto.conf"; then touch -r "$dir/mosquitto.conf" "$1/mosquitto.conf"; fi
  secret "$1/own.password"
  for file in passwd acl mosquitto.conf; do belongs "$1/$file" 640; done
}

# move_in NEW: the new directory takes the place of the old one, which is kept until all is well.
move_in() {
  if [ "$service" = yes ]; then
    chown root:mosquitto "$1"
    chmod 750 "$1"
  else
    [ "$(id -u)" -ne 0 ] || chown "$owner:" "$1"
    chmod 700 "$1"
  fi
  if [ -d "$dir" ]; then
    mv -T "$dir" "$work/old" 2>/dev/null || fail "$dir cannot be moved: is something mounted there?"
  fi
  swapped=yes
  mv -T "$1" "$dir"
}

undo_setup() {
  undo=
  # A broker that was started for a trial. While it starts, mosquitto forgets a SIGTERM.
  [ -z "$trial" ] || kill -9 "$trial" 2>/dev/null || :
  if [ "$swapped" = yes ]; then
    rm -rf "$dir"
    [ ! -d "$work/old" ] || mv -T "$work/old" "$dir"
  fi
  if [ "$service" = no ]; then
    [ ! -d "$dir" ] || ! broker_is_running || reload_broker
    return 0
  fi
  if [ "$had_sysctl" = no ]; then forbid_absent; fi
  if [ -f "$work/drop-in.old" ]; then mv "$work/drop-in.old" "$drop_in"; else remove_drop_in; fi
  systemctl daemon-reload
  if [ "$restarted" = yes ]; then
    systemctl reset-failed mosquitto.service 2>/dev/null || :
    if [ "$was_running" = yes ]; then systemctl restart mosquitto.service; else systemctl stop mosquitto.service; fi
  fi
}

# run_with_service: mosquitto.service runs with what was made.
run_with_service() {
  [ ! -f "$drop_in" ] || cp -p "$drop_in" "$work/drop-in.old"
  write_drop_in
  systemctl daemon-reload
  restarted=yes
  # With its old script in /etc/init.d, `enable` reads all units twice more.
  [ "$(systemctl is-enabled mosquitto.service 2>/dev/null)" = enabled ] || systemctl -q enable mosquitto.service 2>/dev/null || :
  systemctl restart mosquitto.service 2>"$work/systemctl.log" ||
    fail "mosquitto does not start with this configuration: $(broker_last_words)"
  pid=$(broker_pid)
  [ -n "$pid" ] || fail "mosquitto.service has ended: $(broker_last_words)"
  wait_for_broker "$pid"
  prove_broker
}

# run_alone: the broker that runs takes it over, or a trial shows that it would start.
run_alone() {
  if broker_is_running; then
    reload_broker
    # Its ports and limits are read at its start only, and until then there is nothing to prove.
    if broker_is_older; then
      restart_needed=yes
      return 0
    fi
    own_login_holds || fail "the broker does not take the change: $(broker_last_words)"
    prove_broker
    return 0
  fi
  mosquitto -c "$dir/mosquitto.conf" </dev/null >"$work/mosquitto.log" 2>&1 9<&- &
  trial=$!
  wait_for_broker $trial
  prove_broker
  kill $trial
  wait $trial 2>/dev/null || :
  trial=
}

setup() {
  [ -z "$output" ] || wrong_usage "setup does not take -o"
  check_mosquitto
  check_clock
  [ "$service" = no ] || check_systemd
  again=no swapped=no restarted=no trial= restart_needed= was_running=no had_sysctl=no
  [ ! -f "$dir/settings" ] || again=yes
  if [ "$again" = no ] && [ -e "$dir" ] && [ -n "$(ls -A "$dir" 2>&1)" ]; then
    fail "$dir has files that pc-tui-broker did not make: name an empty directory, or none"
  fi
  take_options
  choose_operator
  work=$(mktemp -d "${parent%/}/.pc-tui-broker.XXXXXX" 2>/dev/null) || fail "$parent: no file can be made there"
  if [ "$service" = yes ]; then
    name_others
    [ ! -f "$sysctl_file" ] || had_sysctl=yes
    if systemctl -q is-active mosquitto.service; then was_running=yes; fi
    if [ "$again" = no ]; then
      was_active=$was_running
      was_enabled=no
      if systemctl -q is-enabled mosquitto.service 2>/dev/null; then was_enabled=yes; fi
    fi
  fi

  mkdir "$work/new"
  build "$work/new"
  undo=undo_setup
  allow_absent
  write_settings "$work/new/settings"
  secret "$work/new/settings"
  move_in "$work/new"
  if [ "$service" = yes ]; then run_with_service; else run_alone; fi
  write_operator "$operator" "$operator_dir" "$login" "$operator_password" 2>"$work/operator.log" ||
    fail "the configuration of $operator's pc-tui cannot be written: $(tail -n 1 "$work/operator.log")"
  undo=

  if [ "$service" = yes ]; then
    write_timer
    open_firewall
    write_settings "$work/settings"
    secret "$work/settings"
    mv "$work/settings" "$dir/settings"
  fi
  say_what_is
}

say_what_is() {
  say "The broker is set up in $dir."
  if [ "$port" -ne 0 ]; then say "  without TLS, this computer only: port $port"; fi
  if [ -z "$listens" ]; then
    say "  with TLS, every address: port $tls_port"
  else
    say "  with TLS, this computer and$listens: port $tls_port"
  fi
  say "  topics below $root; the certificate holds until $(last_day "$dir/server.pem")"
  say "  $operator is an operator: pc-tui without options is connected ($operator_dir/broker.conf)"
  say "Next, for each device: $self add-device NAME$options, and on the device: sudo nano-agent join NAME.join"
  [ "$service" = no ] || return 0
  if [ -n "$restart_needed" ]; then
    say "The broker (process $(broker_pid)) has the old configuration until it is started again:"
  elif broker_is_running; then
    say "The broker runs (process $(broker_pid)). It was started by:"
  else
    say "The broker does not run yet. This starts it:"
  fi
  say "$(command -v mosquitto) -c $dir/mosquitto.conf"
}

reset() {
  # Also after a setup that was cut off in the middle.
  if [ "$service" = yes ]; then
    close_firewall
    remove_timer
    forbid_absent
    had_drop_in=no
    [ ! -f "$drop_in" ] || had_drop_in=yes
    remove_drop_in
    systemctl daemon-reload
  elif broker_is_running; then
    say "The broker still runs with what it has read. To end it: kill $(broker_pid)"
  fi
  printf '%s' "$operators" | while read -r operator operator_dir; do
    remove_operator "$operator" "$operator_dir" || say "$operator_dir: could not be removed"
  done
  for file in ca.key ca.crt server.pem passwd own.password acl mosquitto.conf settings; do rm -f "$dir/$file"; done
  rm -rf "$dir"/.work.*
  rmdir "$dir" 2>/dev/null || [ ! -d "$dir" ] || say "$dir: not empty, so it stays"
  if [ "$service" = yes ] && [ "$had_drop_in" = yes ]; then
    if [ "$was_active" = yes ]; then
      systemctl reset-failed mosquitto.service 2>/dev/null || :
      systemctl restart mosquitto.service ||
        fail "everything is taken back; mosquitto does not start with its own configuration: journalctl -u mosquitto"
    else
      systemctl stop mosquitto.service
    fi
    [ "$was_enabled" = yes ] || systemctl -q disable mosquitto.service 2>/dev/null || :
  fi
  say "Everything is taken back. Who joined this broker cannot connect any more."
}
