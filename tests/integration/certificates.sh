#!/bin/sh
# SPDX-License-Identifier: MIT
# certificates.sh DIR: makes what the tests of TLS need there, in PEM. ca signs all that are not foreign.
#   server    localhost, broker.example, 127.0.0.1 and ::1      unnamed   broker.example alone
#   elsewhere another name      expired, early  not valid any more, not valid yet
#   foreign   of another authority (other)      client, stranger  of a client, the second one of the other authority
set -eu
cd "$1"
cat >openssl.cnf <<'END'
[ca]
default_ca = default
[default]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[leaf]
basicConstraints = critical,CA:false
END
: >index.txt

authority() { # NAME COMMON-NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -config openssl.cnf -extensions authority \
    -subj "/CN=$2" -keyout "$1.key" -out "$1.crt"
}

leaf() { # NAME AUTHORITY SAN [FROM UNTIL]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf -subj "/CN=$1" \
    -addext "subjectAltName=$3" -keyout "$1.key" -out "$1.csr"
  openssl ca -batch -notext -config openssl.cnf -extensions leaf -cert "$2.crt" -keyfile "$2.key" \
    -startdate "${4:-19700101000000Z}" -enddate "${5:-20990101000000Z}" -in "$1.csr" -out "$1.crt"
}

{
  authority ca 'Test authority'
  authority other 'Other authority'
  leaf server ca DNS:localhost,DNS:broker.example,IP:127.0.0.1,IP:::1
  leaf unnamed ca DNS:broker.example
  leaf elsewhere ca DNS:elsewhere.example,IP:10.1.2.3
  leaf expired ca DNS:localhost,DNS:broker.example,IP:127.0.0.1 20200101000000Z 20210101000000Z
  leaf early ca DNS:localhost,DNS:broker.example,IP:127.0.0.1 20900101000000Z 20910101000000Z
  leaf foreign other DNS:localhost,DNS:broker.example,IP:127.0.0.1
  leaf client ca DNS:client
  leaf stranger other DNS:stranger
} >log 2>&1 || { cat log >&2; exit 1; }
