"""archcalc profile: what is asked is made sure, measured, recorded and shown."""
