"""The rules of customer support. Pure: knows neither AWS nor HTTP."""
