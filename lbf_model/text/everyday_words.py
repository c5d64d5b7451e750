"""English words that describe nothing a picture could show: function words, and words that people ask with."""

# "add", "remove", "without" and "not" are missing on purpose: they decide what is asked for.
_FUNCTION = """
a all also am an and any anyone anything are as at be bit but by can change color colored colors colour coloured colours
convert could d do does else everything exactly exchange find for from garment get give had has have her here him his i if in
instead into is it item its just let like ll looking m make makes making me my need nothing now object objects of on one ones
or other our piece please prefer put rather re recolor recolour replace replaced s same see should show similar so some someone
something style swap switch t than thank thanks that the their them then there these they thing things this those to turn us ve
very want wanted was we were what which while will with would you your
"""
_ASKING = """
able about above after again ahead alike almost along already although always another anyway apart around aside ask available
avoid away back bad because been before being below best better between boring both bring brings buy came cannot chance choose
chosen clear closer come comes complete completely consider cool couple course cover covered cut day dear definitely did differ
different differently ditch don done drop each easy either enough entire entirely equal even ever every exact except excuse
fashion favor favorite favour favourite fed feel few first fit fits fix forget found free friend fun further gave getting gift
glad go goes going gone good got great guess guys happen happy hard hate having hear hello help hi hold hope hoping how however
hue idea ideal imagine include including isn keep keeps kind kindly know last later least leave less lets likes little look
looks lose lot lots love lovely made man match matches matching mate maybe mean means might mind mine minus miss modify more
moreover most much must near nearly neat never new next nice nicer no none nor not notice off often oh ok okay only opposite
option options order others otherwise ours out over own pair part particular perfect perhaps person pick picture plus possible
possibly present pretty probably product provide question quick quite range real really recommend reference related rest result
results say search second seems select send set several shade shall shop showing shown shows sir skip slightly somewhat soon
sorry sort sound start stay stays steer still stock stop stuff such suggest suggested suit suits sure surprise take takes tell
think though through time times tired together tone too total totally try trying two type until up upon use used usual vary
version via view way ways wear wearing well went whatever when where whether who whole why wish within without won wonder
wondering work works worth wow wrong yes yet yours
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())
# A reader keeps these words too, whatever its topics are; they need no meaning of their own.
EVERYDAY_WORDS = FUNCTION_WORDS | frozenset(_ASKING.split())
