# SPDX-License-Identifier: MIT
# Sourced by build: packages and sources of Debian for another processor, through an apt of our own that knows nothing of the
# packages of this machine and changes none of them. It needs no root. Sets nothing but functions; the caller sets:
#   release    the name of the release of Debian: bookworm
#   store      the folder that keeps package lists, packages and sysroots
#   say, die   functions: a line of progress, a line that ends it all
# shellcheck shell=bash disable=SC2154

# Never `:arm64` packages of this machine's own dpkg: libevent-dev is not "Multi-Arch: same" and would throw out the native one.
debian_libraries=(libc6-dev linux-libc-dev libcrypt-dev libssl-dev libevent-dev libjansson-dev libconfuse-dev libgpiod-dev)

# debian_triplet ARCH: the name that compilers and folders of libraries have for Debian's ARCH.
debian_triplet() {
  case $1 in
    arm64) echo aarch64-linux-gnu ;;
    amd64) echo x86_64-linux-gnu ;;
    *) die "--arch $1: arm64 or amd64 would be right" ;;
  esac
}

# The lines of sources.list for the release, its updates and its security updates, from the mirrors that this machine uses itself.
debian_mirrors() {
  local suite uri kind
  for suite in "$release" "$release-updates" "$release-security"; do
    # shellcheck disable=SC2016 # the words with a $ are apt's
    uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
      awk -v suite="$suite" '$2 == suite && $3 == "main" && ($4 == "Debian" || $4 == "" || $4 ~ /[(]ORIGIN[)]/) { print $1; exit }')
    if [ -z "$uri" ]; then
      [ "$suite" != "$release" ] || die "this machine's apt knows no mirror of Debian $release; run it on a Debian $release, or add one to /etc/apt/sources.list.d"
      say "this machine's apt knows no $suite; going on without it"
      continue
    fi
    for kind in deb deb-src; do
      printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$kind" "$uri" "$suite"
    done
  done
}

# debian_update ARCH…: fetches today's lists of packages. Where that fails, lists of an earlier day will do; it says so.
debian_update() {
  local dir=$store/apt architecture
  mkdir -p "$dir/lists/partial" "$dir/archives/partial"
  : >"$dir/status"
  debian_mirrors >"$dir/sources.list"
  {
    # This machine's own settings stay (a proxy, for example), except what would touch this machine.
    printf '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Post-Invoke;\n'
    printf 'Dir::State "%s";\nDir::State::status "%s/status";\nDir::State::lists "%s/lists";\n' "$dir" "$dir" "$dir"
    printf 'Dir::Cache "%s";\nDir::Cache::archives "%s/archives";\n' "$dir" "$dir"
    printf 'Dir::Etc::sourcelist "%s/sources.list";\nDir::Etc::sourceparts "/dev/null";\n' "$dir"
    printf 'Dir::Etc::preferences "/dev/null";\nDir::Etc::preferencesparts "/dev/null";\n'
    printf 'APT::Sandbox::User "root";\nAcquire::Languages "none";\n'
    printf '#clear APT::Architectures;\nAPT::Architecture "%s";\n' "$1"
    for architecture; do printf 'APT::Architectures:: "%s";\n' "$architecture"; done
  } >"$dir/apt.conf"
  if ! debian_apt "$1" -o APT::Update::Error-Mode=any update; then
    compgen -G "$dir/lists/*_Packages*" >/dev/null || return 1
    say "Debian's lists of packages cannot be fetched; going on with those of an earlier day"
  fi
}

# debian_apt ARCH ARGUMENT…: apt-get for that processor.
debian_apt() {
  local architecture=$1
  shift
  # "Essential" packages are for systems; this is none.
  apt-get -q -c "$store/apt/apt.conf" -o "APT::Architecture=$architecture" -o pkgCacheGen::Essential=none "$@" </dev/null
}

# debian_source_version ARCH NAME: the newest version of a source package.
debian_source_version() {
  debian_apt "$1" --print-uris --only-source --download-only source "$2" |
    sed -n "s/^'[^']*' ${2}_\(.*\)\.dsc .*/\1/p"
}

# debian_sysroot ARCH: makes the sysroot unless it is there, and sets `sysroot` to its folder: headers and static libraries of
# the newest packages, libmosquitto among them, which Debian has no static library of. The file `built-using` names the exact
# sources; the folder `copyright` holds what they say about copyright.
debian_sysroot() {
  local architecture=$1 triplet packages mosquitto key work package name
  triplet=$(debian_triplet "$architecture")
  packages=$(debian_apt "$architecture" --print-uris download "${debian_libraries[@]}" | awk '{ print $2, $NF }' | sort)
  mosquitto=$(debian_source_version "$architecture" mosquitto)
  if [ -z "$packages" ] || [ -z "$mosquitto" ]; then die "$release has no ${debian_libraries[*]} or mosquitto for $architecture"; fi
  key=$({
    printf '%s\n' "$packages" "$mosquitto"
    "$triplet-gcc" --version
    cat "$recipe/debian.sh" "$recipe/mosquitto.patch"
  } | sha256sum | cut -c1-16)
  sysroot=$store/sysroot-$architecture-$key
  if [ ! -e "$sysroot/complete" ]; then
    say "$architecture: sysroot of Debian's packages, with libmosquitto $mosquitto"
    work=$(mktemp -d "$store/work-XXXXXX")
    cleanup+=("$work")
    mkdir "$work/debs" "$work/root" "$work/root/copyright"
    (cd "$work/debs" && debian_apt "$architecture" download "${debian_libraries[@]}")
    for package in "$work"/debs/*.deb; do
      dpkg-deb -x "$package" "$work/root"
      name=$(dpkg-deb -f "$package" Package)
      case $name in
        linux-libc-dev | libcrypt-dev) ;; # nothing of them ends in the program
        *)
          # shellcheck disable=SC2016
          dpkg-deb -W --showformat='${source:Package} (= ${source:Version})\n' "$package" >>"$work/root/built-using"
          cp "$work/root/usr/share/doc/$name/copyright" \
            "$work/root/copyright/$(tail -n 1 "$work/root/built-using" | cut -d' ' -f1)"
          ;;
      esac
    done
    # So that nothing but static libraries can be found.
    find "$work/root" -name '*.so*' -delete
    debian_mosquitto "$architecture" "$triplet" "$mosquitto" "$work"
    rm -rf "$work/root/usr/share/doc"
    touch "$work/root/complete"
    mv "$work/root" "$sysroot"
    chmod 755 "$sysroot"
  fi
  touch "$sysroot"
  find "$store" -maxdepth 1 -name "sysroot-$architecture-*" -mtime +7 -exec rm -rf {} + 2>/dev/null || :
}

# debian_mosquitto ARCH TRIPLET VERSION WORK: the client library from Debian's own source, with what Debian mended in it and
# with our patch, into the sysroot WORK/root. It speaks TLS where the sysroot has OpenSSL.
debian_mosquitto() {
  local architecture=$1 triplet=$2 version=$3 work=$4 source=$4/mosquitto library=$4/root/usr/lib/$2 tls=no requires=
  (cd "$work" && debian_apt "$architecture" --only-source --download-only source "mosquitto=$version")
  dpkg-source -x "$work"/mosquitto_*.dsc "$source"
  patch -d "$source" -p1 --fuzz=0 <"$recipe/mosquitto.patch"
  if [ -e "$library/libssl.a" ]; then tls=yes requires=openssl; fi
  make -C "$source/lib" CC=gcc CROSS_COMPILE="$triplet-" WITH_SHARED_LIBRARIES=no WITH_STATIC_LIBRARIES=yes \
    WITH_THREADING=no WITH_SOCKS=no WITH_TLS=$tls CFLAGS="-O2 -g -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
      -ffile-prefix-map=$work=/debian $(toolchain_flags "$triplet" "$work/root")"
  install -m 644 "$source/lib/libmosquitto.a" "$library/"
  install -m 644 "$source"/include/{mosquitto,mqtt_protocol}.h "$work/root/usr/include/"
  printf '%s\n' "libdir=/usr/lib/$triplet" 'Name: libmosquitto' 'Description: MQTT client library' "Version: ${version%%-*}" \
    "Requires.private: $requires" "Libs: -L\${libdir} -lmosquitto" >"$library/pkgconfig/libmosquitto.pc"
  echo "mosquitto (= $version)" >>"$work/root/built-using"
  cp "$source/debian/copyright" "$work/root/copyright/mosquitto"
}

# toolchain_flags TRIPLET SYSROOT: Debian's cross compilers put the libc and the headers of their own before those of a sysroot,
# so both are named.
toolchain_flags() {
  printf '%s' "--sysroot=$2 -B$2/usr/lib/$1 -isystem $2/usr/include/$1 -isystem $2/usr/include"
}
