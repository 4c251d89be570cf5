"""archcalc sweep: `options` are its options, `asking` reads their values, `reporting` says how far it is."""
