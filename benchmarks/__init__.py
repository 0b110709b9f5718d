"""The benchmarks compare sk-entity with what people would use instead of it.

Each of these folders is a command, to be run from the root of the clone:

    python -m benchmarks.accuracy     # errors of the networks, beside other models
    python -m benchmarks.encoder      # errors behind the vectors, beside other encoders
    python -m benchmarks.rossmann     # the protocol of the paper that had the idea
    python -m benchmarks.speed        # how fast it is, beside other tools
    python -m benchmarks.reliability  # what was tried to break it, by the commands inside

The modules beside the folders are what the commands share. `peers` holds scripts that
run in environments of their own, `results` what need not be measured again while the
code is the same, and `trials` the scripts of experiments that decided something.
"""
