# SPDX-License-Identifier: MIT
# Sourced by tests/run and pc-tui/demo: the one place that names the packages, by Debian's and Ubuntu's names.
# shellcheck shell=bash disable=SC2034

packages_build=(gcc libc6-dev make cmake pkg-config libmosquitto-dev libssl-dev libevent-dev libjansson-dev libconfuse-dev
  libgpiod-dev libncurses-dev)
packages_demo=("${packages_build[@]}" mosquitto mosquitto-clients)
# Where one of these is missing, the entries that need it are skipped.
packages_tests=(mosquitto mosquitto-clients libcmocka-dev libvterm-dev python3 python3-paho-mqtt python3-jsonschema
  openssl iproute2 util-linux)
# Real terminals, each with what it needs to run without a screen, and what runs inside one.
packages_xterm=(xterm xvfb python3 python3-xlib python3-paho-mqtt mosquitto)
packages_foot=(foot sway xkb-data fonts-dejavu-core util-linux python3 python3-paho-mqtt mosquitto)
packages_multiplexers=(tmux screen)
# For tests/run --terminals: the two that draw with OpenGL do so in software; fcitx5 is the Hangul input method.
packages_more_terminals=(stterm alacritty kitty lxterminal libgl1 libegl1 libgl1-mesa-dri fcitx5 fcitx5-modules fcitx5-hangul
  dbus)
# The virtual Nano: the kernel's source and what builds it, what looks at its hardware, a Debian 13 for its libgpiod 2, and the
# packages and a disk with systemd to install them on.
packages_nano=(linux-source flex bison bc libelf-dev libssl-dev xz-utils make gcc kmod i2c-tools gpiod iproute2 strace
  util-linux mmdebstrap e2fsprogs systemd udev scdoc dpkg-dev lintian python3 python3-paho-mqtt mosquitto mosquitto-clients)
# libFuzzer comes with clang too.
packages_checks=(clang clang-format clang-tidy shellcheck binutils)
# The portable package: what builds it, and below what its tests need beside that.
packages_portable=(make cmake pkg-config dpkg-dev patch xz-utils gzip file scdoc debian-archive-keyring)
packages_portable_tests=("${packages_portable[@]}" gcc gcc-aarch64-linux-gnu qemu-user-static qemu-system-arm cpio mmdebstrap
  iproute2 util-linux lintian mosquitto mosquitto-clients python3 python3-paho-mqtt)

# is_installed NAME
is_installed() {
  # A blank in front: dpkg calls a package that others only mention "not-installed".
  case " $(dpkg-query -W -f '${db:Status-Status} ' "$1" 2>/dev/null)" in
    *' installed '*) return 0 ;;
  esac
  return 1
}

# install_packages NAME…: does nothing where all of them are there. Says what it will do before it does it. One that cannot
# be installed does not keep the others from it; 1 where any is missing in the end, and it is said which.
install_packages() {
  local name missing=() as_root=() apt
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    printf 'No apt here. Needed, by the names that Debian gives them:\n  %s\nGoing on as if they were there.\n' "$*" >&2
    return 0
  fi
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
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
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
  # A failing update (no network, a broken third-party source) may still leave lists that know the packages.
  "${apt[@]}" update </dev/null || true
  if ! "${apt[@]}" -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}" </dev/null; then
    echo 'Not all of them at once: each by itself.'
    for name in "${missing[@]}"; do
      "${apt[@]}" -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$name" </dev/null || true
    done
  fi

  local still=()
  for name in "${missing[@]}"; do
    is_installed "$name" || still+=("$name")
  done
  [ ${#still[@]} -gt 0 ] || return 0
  printf 'Could not install: %s\nBy hand:\n  sudo apt-get update && sudo apt-get install %s\n' "${still[*]}" "${still[*]}" >&2
  return 1
}

# install_groups ARRAY…: the packages that these arrays name, in one go. What cannot be had is only reported: a build stops
# by itself where it misses something, and says what; tests that miss something are skipped, and say what.
install_groups() {
  local group name every=()
  for group in "$@"; do
    local -n names=$group
    for name in "${names[@]}"; do
      case " ${every[*]} " in
        *" $name "*) ;;
        *) every+=("$name") ;;
      esac
    done
  done
  install_packages "${every[@]}" || echo 'Going on without: what needs them is skipped, with the reason.'
}

# Debian keeps mosquitto in /usr/sbin, which the PATH of plain users lacks.
PATH=$PATH:/usr/sbin:/sbin
