from benchmarks.quick import main

main()
