# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The authority (ca.key, ca.crt) and the broker's certificate (server.pem: key and certificate in one file, so that one
# rename changes both).

# A Nano has no battery for its clock: it starts in 1970, and must be able to connect then.
not_before=19700101000000Z

# date_in DAYS: as openssl ca wants it.
date_in() {
  date -u -d "+$1 days" +%Y%m%d%H%M%SZ
}

# A certificate made by a clock that is decades slow would have ended before anybody uses it.
check_clock() {
  [ "$(date +%s)" -ge 1704067200 ] || fail "the clock says $(date -u +%Y-%m-%d): set it first, certificates end by it"
}

# openssl_run WHAT ARGUMENT…: quiet where it goes well.
openssl_run() {
  what=$1
  shift
  openssl "$@" >"$work/openssl.log" 2>&1 </dev/null ||
    fail "$what: openssl $1: $(grep -iE 'error|bad|invalid' "$work/openssl.log" | head -n 1)"
}

# sign WHAT CONFIGURATION KEY COMMON_NAME DAYS EXTENSIONS OUT AUTHORITY_ARGUMENT…
sign() {
  what=$1 cnf=$2 key=$3 common_name=$4 days=$5 extensions=$6 out=$7
  shift 7
  openssl_run "$what" genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key"
  openssl_run "$what" req -new -config "$cnf" -key "$key" -subj "/CN=$common_name" -out "$work/request"
  : >"$work/index.txt"
  openssl_run "$what" ca -batch -notext -config "$cnf" -in "$work/request" -extensions "$extensions" \
    -startdate $not_before -enddate "$(date_in "$days")" -out "$out" "$@"
}

host_name() {
  uname -n | tr -cd 'A-Za-z0-9.-' | cut -c 1-40
}

# make_authority DIRECTORY: 20 years. The name is another each time, so that two of them are told apart.
make_authority() {
  fill openssl.cnf.in WORK="$work" SAN=DNS:unused >"$work/openssl.cnf"
  sign "the authority" "$work/openssl.cnf" "$1/ca.key" "pc-tui-broker $(host_name) $(openssl rand -hex 4)" 7305 \
    ca_extensions "$1/ca.crt" -selfsign -keyfile "$1/ca.key"
}

# What the certificate is good for, a line each as in a subjectAltName. The name that programs check is the first.
wanted_names() {
  {
    for item in $names; do say "$item"; done
    host=$(host_name)
    if is_host_name "$host"; then
      say "$host"
      case $host in *.*) ;; *) say "$host.local" ;; esac
    fi
    say localhost
    say 127.0.0.1
    say ::1
    for item in $listens; do say "$item"; done
    present_addresses | cut -d ' ' -f 2
  } | awk '!seen[$0]++' | while read -r item; do
    if is_address "$item"; then say "IP:$item"; else say "DNS:$item"; fi
  done
}

# make_server DIRECTORY: a certificate for the broker, 3 years, signed by the authority that is there.
make_server() {
  fill openssl.cnf.in WORK="$work" SAN="$(wanted_names | paste -s -d ,)" >"$work/openssl.cnf"
  sign "the broker's certificate" "$work/openssl.cnf" "$work/server.key" "pc-tui-broker server" 1095 server_extensions \
    "$work/server.crt" -keyfile "$1/ca.key" -cert "$1/ca.crt"
  cat "$work/server.crt" "$work/server.key" >"$1/.server.pem"
  rm "$work/server.key"
  belongs "$1/.server.pem" 640
  mv "$1/.server.pem" "$1/server.pem"
}

# days_left CERTIFICATE: whole days until its end.
days_left() {
  end=$(openssl x509 -in "$1" -noout -enddate) || return 1
  end=$(date -d "${end#*=}" +%s) || return 1
  say $(((end - $(date +%s)) / 86400))
}

# last_day CERTIFICATE
last_day() {
  end=$(openssl x509 -in "$1" -noout -enddate) || return 1
  date -u -d "${end#*=}" +%Y-%m-%d
}

# missing_names DIRECTORY: what the certificate there lacks of what it should be good for today; asks openssl itself, which
# knows all the ways to write an address.
missing_names() {
  wanted_names | while read -r item; do
    case $item in
      IP:*) openssl x509 -in "$1/server.pem" -noout -checkip "${item#IP:}" ;;
      *) openssl x509 -in "$1/server.pem" -noout -checkhost "${item#DNS:}" ;;
    esac | grep -q 'does match' || say "${item#*:}"
  done
}
