# SPDX-License-Identifier: MIT
# Sourced by tests/run and pc-tui/demo: the one place that names the packages, by Debian's and Ubuntu's names.
# shellcheck shell=bash disable=SC2034

packages_build=(gcc libc6-dev make cmake pkg-config libmosquitto-dev libevent-dev libjansson-dev libconfuse-dev
  libgpiod-dev libncurses-dev)
packages_demo=("${packages_build[@]}" mosquitto mosquitto-clients)
packages_tests=("${packages_demo[@]}" libcmocka-dev libvterm-dev python3 python3-paho-mqtt python3-jsonschema
  openssl iproute2 util-linux)
# The virtual Nano: the kernel's source and what builds it, what looks at its hardware, a Debian 13 for its libgpiod 2, and the
# packages and a disk with systemd to install them on.
packages_nano=(linux-source flex bison bc libelf-dev libssl-dev xz-utils make gcc kmod i2c-tools gpiod iproute2 strace
  util-linux mmdebstrap e2fsprogs systemd udev scdoc dpkg-dev lintian python3 python3-paho-mqtt mosquitto mosquitto-clients)
packages_checks=(clang clang-format clang-tidy shellcheck)

# install_packages NAME…: does nothing where all of them are there. Says what it will do before it does it.
install_packages() {
  local name missing=() as_root=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    printf 'No apt here. Needed, by the names that Debian gives them:\n  %s\nGoing on as if they were there.\n' "$*" >&2
    return 0
  fi
  for name in "$@"; do
    # A blank in front: dpkg calls a package that others only mention "not-installed".
    case " $(dpkg-query -W -f '${db:Status-Status} ' "$name" 2>/dev/null)" in
      *' installed '*) ;;
      *) missing+=("$name") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  printf 'Installing with apt-get: %s\n' "${missing[*]}"
  case " ${missing[*]} " in
    *' mosquitto '*)
      echo '(the package mosquitto also starts a broker of its own on port 1883, for this PC only; it is not used here)' ;;
  esac
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      printf 'This needs root, and there is no sudo. As root:\n  apt-get install %s\n' "${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
    [ -t 0 ] || as_root=(sudo -n)
  fi
  # A failing update (no network, a broken third-party source) may still leave lists that know the packages.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update </dev/null || true
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
      -o Dpkg::Use-Pty=0 install "${missing[@]}" </dev/null; then
    printf 'Could not install them. By hand:\n  sudo apt-get update && sudo apt-get install %s\n' "${missing[*]}" >&2
    return 1
  fi
}

# Debian keeps mosquitto in /usr/sbin, which the PATH of plain users lacks.
PATH=$PATH:/usr/sbin:/sbin
