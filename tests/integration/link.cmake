# SPDX-License-Identifier: MIT
add_executable(test_link test_link.c link_peers.c)
target_link_libraries(test_link PRIVATE common-mqtt PkgConfig::CMOCKA)
add_test(NAME ${TEST_PREFIX}integration.link COMMAND test_link)
set_tests_properties(${TEST_PREFIX}integration.link PROPERTIES TIMEOUT 240 RUN_SERIAL TRUE)
