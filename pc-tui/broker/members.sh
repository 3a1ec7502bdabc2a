# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# add-device, add-operator, remove.

undo_add() {
  undo=
  change_logins drop "$login"
}

# add KIND WHAT: makes the login $login and its bundle.
add() {
  ! has_login "$login" || fail "there is a login $login already. For a new bundle: $self remove $login$options, then add it again"
  output=${output:-$2.join}
  check_output "$output"
  if [ "$output" = - ]; then exec 3>&1 >&2; fi
  password=$(new_password)
  undo=undo_add
  change_logins put "$login" "$password"
  bundle "$1" "$login" "$password" >"$work/bundle"
  if [ "$output" = - ]; then
    cat "$work/bundle" >&3 || fail "the bundle cannot be written"
  else
    write_output "$output" <"$work/bundle" 2>"$work/output.log" ||
      fail "$output cannot be written: $(tail -n 1 "$work/output.log" | sed 's/.*: //')"
  fi
  undo=
  broker_is_running || say "The broker does not run; the login holds from its next start."
}

add_device() {
  login=device
  if [ -n "$argument" ]; then
    check_name "add-device" "$argument"
    case $argument in
      control | status | reply | about | echo) fail "“$argument” is no name of a device: the topics below the root use it" ;;
    esac
    login=device-$argument
  fi
  add nano-agent "${argument:-device}"
  [ "$output" = - ] || say "$output is for the device: copy it there, then: sudo nano-agent join $output
It holds a password: delete it afterwards, here and there."
}

add_operator() {
  [ -n "$argument" ] || wrong_usage "add-operator needs a name"
  check_name "add-operator" "$argument"
  login=operator-$argument
  add pc-tui "$argument"
  [ "$output" = - ] || say "$output is for the operator: copy it to that computer, then: pc-tui join $output
It holds a password: delete it afterwards, here and there."
}

# find_login NAME: the login that is meant, by its own name or that of a device or an operator.
find_login() {
  found=
  if has_login "$1"; then found=$1; fi
  for item in "device-$1" "operator-$1"; do
    if has_login "$item"; then found="${found:+$found, }$item"; fi
  done
  case $found in
    '') fail "nobody is called $1 here. There are: $(logins | sort | paste -s -d ' ')" ;;
    *,*) fail "“$1” may be $found: say which" ;;
  esac
  say "$found"
}

remove_login() {
  [ -n "$argument" ] || wrong_usage "remove needs the name of a device or an operator"
  case $argument in *[!A-Za-z0-9_-]*) fail "“$argument” is no name" ;; esac
  login=$(find_login "$argument")
  change_logins drop "$login"
  if ! broker_is_running; then
    say "$login is removed. The broker does not run; it forgets what the device reported."
    return 0
  fi
  case $login in
    device | device-*) show_as_removed "$login" || fail "$login is out, but its last status stays: $(grep . "$work/client.log" | tail -n 1)" ;;
  esac
  say "$login is removed: the broker refuses it."
}
