"""Take people out of everything that is kept: the list of those erased (`people`), raw (`raw`), landed drops (`landed`, `blanking`), other
files (`traces`), and the verb that puts these together (`verb`).
"""
