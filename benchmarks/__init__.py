"""What is measured, on what input, against which peer. Run: `python -m benchmarks [NAME...]`.

Compare the figures of one run with each other, never with those of another machine.
"""
