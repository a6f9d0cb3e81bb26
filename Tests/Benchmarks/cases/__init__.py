"""The cases of the benchmark, by name. A new one is a file here and a line in CASES."""

from cases import cold, components, graphs_drained, history, idle, independent, looking

CASES = {
    "cold": cold.cold,
    "cold-register": cold.register,
    "flat8": independent.flat8,
    "flat2": independent.flat2,
    "chain": graphs_drained.chain,
    "fan": graphs_drained.fan,
    "layers": graphs_drained.layers,
    "history": history.history,
    "status": looking.status_text,
    "status-json": looking.status,
    "show-json": looking.show,
    "runs-json": looking.runs,
    "noop": components.noop,
    "register": components.register,
    "idle": idle.idle,
}
