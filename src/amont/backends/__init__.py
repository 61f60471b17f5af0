"""Where the arithmetic is done: one signature (`base`), the mathematics (`reference`), the speed (`cpu`)."""
