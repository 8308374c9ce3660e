holdfast_unit_test(runner LINK runner)
holdfast_unit_test(nursery LINK holdfast_launcher)
target_sources(test_nursery PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/fake_launcher.c)
