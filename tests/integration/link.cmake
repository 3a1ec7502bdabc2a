# SPDX-License-Identifier: MIT
if(CMOCKA_FOUND)
  add_executable(test_link test_link.c link_peers.c $<TARGET_OBJECTS:test-promise>)
  target_link_libraries(test_link PRIVATE common-mqtt PkgConfig::CMOCKA)
endif()
c_promises(integration.link test_link.c test_link)
