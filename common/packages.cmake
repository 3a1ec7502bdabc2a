# SPDX-License-Identifier: MIT
# Manual pages, and the Debian packages nano-agent and pc-tui (`cpack`).

set(PACKAGE_MAINTAINER "The pc-tui and nano-agent authors <authors@jetson-hands.invalid>" CACHE STRING
  "Who makes the Debian packages: Name <address>")

find_program(SCDOC scdoc)
find_program(GZIP gzip)
if(NOT SCDOC)
  message(STATUS "scdoc is missing: no manual pages (sudo apt install scdoc)")
endif()

# manual_page(COMPONENT NAME SECTION): makes it from NAME.SECTION.scd.
function(manual_page component name section)
  if(NOT SCDOC OR NOT GZIP)
    return()
  endif()
  set(page ${CMAKE_CURRENT_BINARY_DIR}/${name}.${section})
  add_custom_command(OUTPUT ${page}.gz
    COMMAND sh -c "'${SCDOC}' <'${CMAKE_CURRENT_SOURCE_DIR}/${name}.${section}.scd' >'${page}' && '${GZIP}' -9nf '${page}'"
    DEPENDS ${name}.${section}.scd VERBATIM)
  add_custom_target(${name}.${section}-manual ALL DEPENDS ${page}.gz)
  install(FILES ${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endfunction()

# What the shells offer behind Tab. The programs print the files themselves (--completion bash, --completion zsh); a test
# fails where they differ.
function(shell_completions component program)
  install(FILES dist/completions/${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    COMPONENT ${component})
  install(FILES dist/completions/_${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
    COMPONENT ${component})
endfunction()

# package(COMPONENT NAME SUMMARY DESCRIPTION): what both packages have.
macro(package component name summary description)
  string(TOUPPER ${component} upper)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  set(text "${summary}\n${description}")
  if(CMAKE_VERSION VERSION_LESS 3.17) # it does not indent the lines by itself
    string(REPLACE "\n" "\n " text "${text}")
  endif()
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${text}")
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${text}")
  install(FILES common/dist/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
  if(GZIP)
    # Only in packages: from source there is no version of Debian's to tell of.
    install(FILES ${CMAKE_BINARY_DIR}/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
      COMPONENT ${component} EXCLUDE_FROM_ALL)
  endif()
endmacro()

macro(packages)
  if(NOT CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?$")
    # The program knows where its configuration is, and in a package that is /etc.
    message(STATUS "no packages: CMAKE_INSTALL_PREFIX is neither /usr nor /usr/local")
  else()
    # apt must be able to tell the static package from the one that is built for a release.
    set(PACKAGE_RELEASE 1)
    if(NANO_AGENT_STATIC)
      set(PACKAGE_RELEASE 1+static)
    endif()
    if(GZIP)
      configure_file(common/dist/changelog changelog.Debian @ONLY)
      execute_process(COMMAND ${GZIP} -9nc ${CMAKE_BINARY_DIR}/changelog.Debian
        OUTPUT_FILE ${CMAKE_BINARY_DIR}/changelog.Debian.gz)
    endif()
    set(CPACK_GENERATOR DEB)
    set(CPACK_PACKAGE_VENDOR "jetson-hands")
    set(CPACK_PACKAGE_CONTACT "${PACKAGE_MAINTAINER}")
    # The one of a project without one: then each package keeps the summary that it has of its own.
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${CMAKE_PROJECT_NAME} built using CMake")
    set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
    set(CPACK_STRIP_FILES ON)
    set(CPACK_DEB_COMPONENT_INSTALL ON)
    set(CPACK_COMPONENTS_GROUPING IGNORE)
    set(CPACK_COMPONENTS_ALL "")
    set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
    set(CPACK_DEBIAN_PACKAGE_RELEASE ${PACKAGE_RELEASE})
    set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
    if(CMAKE_CROSSCOMPILING)
      # cpack and dpkg-shlibdeps speak of the machine that builds, unless told otherwise.
      execute_process(COMMAND dpkg-architecture -f -t ${CMAKE_LIBRARY_ARCHITECTURE} -q DEB_HOST_ARCH
        OUTPUT_VARIABLE CPACK_DEBIAN_PACKAGE_ARCHITECTURE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      if(NOT NANO_AGENT_STATIC)
        message(STATUS "the packages will not say which libraries they need, because this is a cross build")
      endif()
    else()
      set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
    endif()
    set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
    set(CPACK_DEBIAN_COMPRESSION_TYPE xz) # dpkg of JetPack 4 and of Debian 11 know no zstd
    # Whatever the umask of who makes them.
    set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
      WORLD_READ WORLD_EXECUTE)
    if(WITH_AGENT)
      package(agent nano-agent "GPIO and PWM of a Jetson over MQTT"
"Daemon for a Jetson Nano or its kin: takes commands from an MQTT broker,
drives servos, switches and dimmers through GPIO, PWM and I2C, and reports
what became of each. Starts with the board and keeps trying to reach the
broker for ever.")
      set(CPACK_DEBIAN_AGENT_PACKAGE_SECTION misc)
      set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS passwd)
      set(CPACK_DEBIAN_AGENT_PACKAGE_RECOMMENDS "systemd, udev")
      set(CPACK_DEBIAN_AGENT_PACKAGE_SUGGESTS "gpiod, i2c-tools, mosquitto")
      set(CPACK_DEBIAN_AGENT_PACKAGE_CONTROL_EXTRA "")
      foreach(script conffiles postinst prerm postrm)
        list(APPEND CPACK_DEBIAN_AGENT_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/nano-agent/dist/debian/${script})
      endforeach()
    endif()
    if(WITH_TUI)
      package(tui pc-tui "controller in the terminal for a Jetson's GPIO and PWM"
"Drives servos, switches and dimmers of boards that run nano-agent, over an
MQTT broker: arrow keys move, and the screen shows what the board itself
reports back. Without a screen, pc-tui send waits for the board's answer and
pc-tui watch prints what it reports.")
      set(CPACK_DEBIAN_TUI_PACKAGE_SECTION net)
      set(CPACK_DEBIAN_TUI_PACKAGE_RECOMMENDS "mosquitto, mosquitto-clients, openssl")
    endif()
    include(CPack)
  endif()
endmacro()
