"""What we earn and what it costs us, by tenant, plan and UTC month. Reads alone; every figure is worked out anew."""
