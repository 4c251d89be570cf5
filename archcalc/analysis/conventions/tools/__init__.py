"""The tools whose numbers can be reproduced, a file each: what they count, in which version, and where they say so."""
