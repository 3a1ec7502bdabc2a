# SPDX-License-Identifier: MIT
# Turns boards.csv and boards-l4t32.csv into the C table of board.h: cmake -DOUT=… -DCSV=… -DCSV_L4T32=… -P
# boards.cmake. Both files list the lines as Jetson.GPIO numbers them; the second has the boards whose chips
# and lines are numbered otherwise under JetPack 4, and its models get the suffix _L4T32.
set(rows "")
function(read_table file suffix)
  file(STRINGS "${file}" lines)
  list(REMOVE_AT lines 0)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^([A-Z0-9_]+),([0-9]+),([a-z0-9-]+),([0-9]+),([a-z0-9.]*),([0-9]*)$")
      message(FATAL_ERROR "${file}: not understood: ${line}")
    endif()
    set(pwm "NULL, 0")
    if(CMAKE_MATCH_5)
      set(pwm "\"${CMAKE_MATCH_5}\", ${CMAKE_MATCH_6}")
    endif()
    string(APPEND rows "    {\"${CMAKE_MATCH_1}${suffix}\", ${CMAKE_MATCH_2}, \"${CMAKE_MATCH_3}\", ${CMAKE_MATCH_4}, ${pwm}},\n")
  endforeach()
  set(rows "${rows}" PARENT_SCOPE)
endfunction()
read_table("${CSV}" "")
read_table("${CSV_L4T32}" "_L4T32")
file(WRITE "${OUT}" "#include \"nano-agent/board/board.h\"\n\nconst struct board_pin board_pins[] = {\n${rows}};\n"
  "const size_t board_pin_count = sizeof board_pins / sizeof *board_pins;\n")
