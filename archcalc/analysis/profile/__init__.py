"""What a profile is of, what its times say, and how records are held together; measuring itself is torch's side."""
