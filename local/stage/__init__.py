"""The local stage: an emulated AWS, the X-Ray daemon and the four stacks on 127.0.0.1."""
