namespace TorchSharp.Modules;

/// <summary>Holds the choice of GELU's form, which the functions take; the module itself is not needed here.</summary>
public sealed class GELU
{
    private GELU()
    {
    }

    public enum Approximate
    {
        none = 0,
        tanh = 1,
    }
}
