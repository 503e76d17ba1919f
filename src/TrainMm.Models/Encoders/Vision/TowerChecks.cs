using TrainMm.Core.Config;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>What must hold among the sizes of every vision transformer.</summary>
internal static class TowerChecks
{
    /// <summary>What does not hold: the option, and why.</summary>
    /// <param name="width">The option of De, and De.</param>
    /// <param name="heads">The option of the heads, and how many.</param>
    /// <param name="image">The option of the image's side, and pixels.</param>
    /// <param name="patch">The option of a patch's side, and pixels.</param>
    /// <param name="activation">The value of <c>hidden_act</c>, or null where there is no such option.</param>
    public static IEnumerable<(string Property, string Message)> Of(
        (string Name, int Value) width, (string Name, int Value) heads, (string Name, int Value) image, (string Name, int Value) patch, string? activation = null)
    {
        foreach (var (name, value) in (ReadOnlySpan<(string Name, int Value)>)[width, heads, image, patch])
        {
            if (value < 1) return [(name, $"is {value}, at least 1 was expected")];
        }

        return Relations(width.Value, heads, image.Value, patch, activation);
    }

    private static IEnumerable<(string Property, string Message)> Relations(int width, (string Name, int Value) heads, int image, (string Name, int Value) patch, string? activation)
    {
        if (width % heads.Value != 0) yield return (heads.Name, $"cannot split {width} dimensions into {heads.Value} heads");
        if (patch.Value > image) yield return (patch.Name, $"is {patch.Value}, more than the image's {image} pixels");
        if (activation is not null && !Activation.Names.Contains(activation, StringComparer.Ordinal))
            yield return ("HiddenAct", $"is '{activation}'; {Spelling.Hint(activation, [.. Activation.Names], "known activations")}");
    }
}
