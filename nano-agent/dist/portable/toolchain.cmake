# SPDX-License-Identifier: MIT
# CMake's toolchain file of the portable package: static executables against a sysroot of Debian's packages. build gives
# PORTABLE_TRIPLET, PORTABLE_SYSROOT and PORTABLE_FLAGS (what makes the compiler look into the sysroot, see debian.sh).
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PORTABLE_TRIPLET PORTABLE_SYSROOT PORTABLE_FLAGS)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${PORTABLE_TRIPLET}")
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${PORTABLE_TRIPLET}-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE ${PORTABLE_TRIPLET})

# The linker takes the same flags as the compiler: it is the compiler that looks for crt1.o and libc.a. A position-independent
# static executable is placed at another address at each start, as a daemon on a network should be.
set(CMAKE_C_FLAGS_INIT "${PORTABLE_FLAGS} -fPIE -ffunction-sections -fdata-sections")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${PORTABLE_FLAGS} -static-pie -Wl,--gc-sections -Wl,-Map=link.map")

set(CMAKE_SYSROOT ${PORTABLE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_LIBDIR} ${PORTABLE_SYSROOT}/usr/lib/${PORTABLE_TRIPLET}/pkgconfig:${PORTABLE_SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${PORTABLE_SYSROOT})
# A static library does not know what it needs itself; its .pc does.
set(PKG_CONFIG_ARGN --static)
