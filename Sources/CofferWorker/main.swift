print("coffer.fcgi")
