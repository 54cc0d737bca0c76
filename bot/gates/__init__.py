"""Conditions of a promotion, one file each; every gate answers Pass, Wait or Refuse. Pure.

Opening gates judge a Candidate, merging gates a Promotion and its merge request, exit gates what
runs. `bot.gates.lists` names them in order.
"""
