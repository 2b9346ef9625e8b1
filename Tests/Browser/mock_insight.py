"""Comparison and advice of the stand-in: figures that a sluice could have, by the split and the settings in force."""


def interval(value, width):
    return {"value": round(value, 6), "lower": round(value - width, 6), "upper": round(value + width, 6)}


def comparison(agent):
    """What is known after a while with a split; nothing without."""
    name, settings = agent.name, agent.settings
    head = {"agent": name, "mode": settings["mode"], "split": settings["split"]}
    if settings["split"] == 0:
        return {**head, "verdict": "off", "modes": None, "difference": None, "saved": None,
                "sentence": "No requests go in the other mode. Set a split to compare both on the same traffic."}
    base = {"p50": 0.0052, "p90": 0.0071, "p99": 0.0103}
    extra = {"p50": 0.0019, "p90": 0.0026, "p99": 0.0061}
    width = {"p50": 0.00012, "p90": 0.0003, "p99": 0.0011}

    def mode(requests, sockets, added):
        return {"requests": requests, "errors": 0, "sockets": sockets, "bytesReceived": requests * 80,
                "bytesSent": requests * 120, "connect": {"count": sockets, "p50": 0.0012, "mean": 0.0013},
                "latency": {key: interval(base[key] + added * extra[key], width[key]) for key in base}}
    return {**head, "verdict": "keepalive",
            "sentence": "keep-alive answers 1.9 ms sooner at the median, 95 % sure between 1.7 and 2.2; "
                        "34 of 35 handshakes saved",
            "modes": {"keepalive": mode(35000, 1000, 0), "normal": mode(3900, 3900, 1)},
            "difference": {key: interval(extra[key], width[key] * 1.4) for key in base},
            "saved": {"connectTime": 0.0013, "handshakes": 34, "of": 35}}


def advice(agent):
    """One piece with something to change, one without, one without evidence."""
    settings = agent.settings
    timeout = settings["freeSocketTimeout"]
    is_late = timeout > 4.5
    return {"agent": agent.name, "advice": [
        {"setting": "freeSocketTimeout", "current": timeout, "value": 4.5 if is_late else None, "confidence": "high",
         "sentence": "The upstream closes sockets that were free for 5 s; closing them at 4.5 s leaves no race."
                     if is_late else "Nothing to change: sockets are closed before the upstream does.",
         "evidence": {"closes": 412, "smallestStableAge": 4.98, "idleTimes": 90211, "beyond": 14},
         "patch": {"freeSocketTimeout": 4.5} if is_late else None},
        {"setting": "maxSockets", "current": settings["maxSockets"], "value": None, "confidence": "medium",
         "sentence": "Nothing to change: 84 sockets serve the rate at hand, and no request waits for one.",
         "evidence": {"requestsPerSecond": 15800, "serviceTime": 0.0053, "needed": 84}, "patch": None},
        {"setting": "maxFreeSockets", "current": settings["maxFreeSockets"], "value": None, "confidence": "none",
         "sentence": "Not enough seen yet: ten minutes with traffic are needed.", "evidence": {}, "patch": None},
    ]}
