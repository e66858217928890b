"""Three hours of the pretended machines as OpenMetrics with timestamps, which `promtool tsdb create-blocks-from` reads."""

from .exposition import samples
from .world import MACHINES, Machine

STEP = 15
MINUTES = 180
# The moment to look from: in the midst of the trouble.
LOOK_AT = 165


def write(file, start):
    """From `start`, seconds since 1970, on."""
    machines = [Machine(name) for name in MACHINES]
    for step in range(1, MINUTES * 60 // STEP + 1):
        now = start + step * STEP
        for machine in machines:
            machine.advance(STEP, now)
            target = (("instance", machine.name), ("job", "pollscope"))
            is_down = machine.name.startswith("machine-2") and 50 <= machine.minute < 53
            file.write(f'up{{instance="{machine.name}",job="pollscope"}} {int(not is_down)} {now}\n')
            if not is_down:
                for _, lines in samples(machine.series, target):
                    file.writelines(f"{line} {now}\n" for line in lines)
    file.write("# EOF\n")
