# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Logins (passwd) and what each of them may do (acl). The acl is made anew from the logins each time: a block for each of
# them and no patterns, so that it can be read by eye.

own_login=pc-tui-broker

new_password() {
  openssl rand -hex 24
}

# logins [FILE]: their names, a line each, without our own.
logins() {
  cut -d : -f 1 "${1:-$dir/passwd}" | grep -vx "$own_login" || :
}

has_login() {
  logins | grep -qx -e "$1"
}

# drop_login LOGIN FILE
drop_login() {
  grep -v "^$1:" "$2" >"$work/passwd.less" || :
  mv "$work/passwd.less" "$2"
}

# put_login LOGIN PASSWORD FILE: in place of one of the same name. The password does not become an argument of a program,
# which others could see.
put_login() {
  [ ! -f "$3" ] || drop_login "$1" "$3"
  printf '%s:%s\n' "$1" "$2" >"$work/plain"
  mosquitto_passwd -U "$work/plain" >"$work/passwd.log" 2>&1 ||
    fail "mosquitto_passwd: $(tail -n 1 "$work/passwd.log")"
  cat "$work/plain" >>"$3"
  rm "$work/plain"
}

# device_topic LOGIN: the topic above a device's control, status and about.
device_topic() {
  case $1 in
    device) say "$root" ;;
    *) say "$root/${1#device-}" ;;
  esac
}

# write_acl PASSWD FILE
write_acl() {
  {
    fill acl-own.in ROOT="$root"
    logins "$1" | sort | while read -r login; do
      case $login in
        device) fill acl-device.in LOGIN="$login" ROOT="$root" ;;
        device-*) fill acl-named-device.in LOGIN="$login" ROOT="$root" TOPIC="$(device_topic "$login")" ;;
        *) fill acl-operator.in LOGIN="$login" ROOT="$root" ;;
      esac
    done
  } >"$2"
}

# renew_own_login PASSWD PASSWORD_FILE: our own login gets another password with each change. Once the broker takes it, the
# change is in force: nothing else tells, for passwords of others are not kept.
renew_own_login() {
  own_password=$(new_password)
  put_login "$own_login" "$own_password" "$1"
  say "$own_password" >"$2"
}

# change_logins put LOGIN PASSWORD | drop LOGIN: changes the files, and returns when the broker goes by them, if there
# is one.
change_logins() {
  cp "$dir/passwd" "$work/passwd"
  case $1 in
    put) put_login "$2" "$3" "$work/passwd" ;;
    drop) drop_login "$2" "$work/passwd" ;;
  esac
  renew_own_login "$work/passwd" "$work/own.password"
  write_acl "$work/passwd" "$work/acl"
  belongs "$work/passwd" 640
  belongs "$work/acl" 640
  secret "$work/own.password"
  # Each order is safe: an acl block without its login lets nobody in, and a login without its block may do nothing.
  mv "$work/acl" "$dir/acl"
  mv "$work/passwd" "$dir/passwd"
  mv "$work/own.password" "$dir/own.password"
  broker_is_running || return 0
  reload_broker
  own_login_holds || fail "the broker (process $(broker_pid)) does not take the change: $(broker_last_words)"
}
