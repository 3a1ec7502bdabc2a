# SPDX-License-Identifier: MIT
# One test program for each topic of the link; all of them are entries integration.link.PROMISE.
if(CMOCKA_FOUND)
  add_library(link-rig STATIC link_rig.c link_peers.c tls_server.c)
  target_link_libraries(link-rig PUBLIC common-mqtt PkgConfig::CMOCKA)
endif()
foreach(name link link_peers link_load link_close link_packets link_limits link_tls link_failover)
  if(CMOCKA_FOUND)
    add_executable(test_${name} test_${name}.c $<TARGET_OBJECTS:test-promise>)
    target_link_libraries(test_${name} PRIVATE link-rig)
    target_compile_definitions(test_${name} PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  endif()
  c_promises(integration.link test_${name}.c test_${name})
endforeach()

# getaddrinfo is the test's own there: what a name server that does not answer does to it, no machine can be asked for.
if(CMOCKA_FOUND)
  add_executable(test_resolver test_resolver.c $<TARGET_OBJECTS:test-promise>)
  target_link_libraries(test_resolver PRIVATE common-mqtt PkgConfig::CMOCKA "-Wl,--wrap=getaddrinfo")
endif()
c_promises(integration.resolver test_resolver.c test_resolver)

if(CMOCKA_FOUND)
  add_executable(test_intake test_intake.c $<TARGET_OBJECTS:test-promise>)
  target_link_libraries(test_intake PRIVATE common-mqtt PkgConfig::CMOCKA)
endif()
c_promises(integration.intake test_intake.c test_intake)

if(CMOCKA_FOUND)
  add_executable(test_recheck test_recheck.c $<TARGET_OBJECTS:test-promise>)
  target_link_libraries(test_recheck PRIVATE common-shell PkgConfig::CMOCKA)
endif()
c_promises(integration.recheck test_recheck.c test_recheck)
