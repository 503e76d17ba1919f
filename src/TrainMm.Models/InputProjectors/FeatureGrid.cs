using TrainMm.Core.Config;
using TrainMm.Core.Roles;

namespace TrainMm.Models.InputProjectors;

/// <summary>Checks of projectors that need to know which features are neighbours.</summary>
internal static class FeatureGrid
{
    /// <summary>Rows and columns of the encoder's features.</summary>
    /// <param name="features">What the encoder gives.</param>
    /// <param name="options">The projector's options, at whose line an error is reported.</param>
    /// <param name="property">The option that asks for a grid.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features form no grid.</exception>
    public static (int Height, int Width) Of(FeatureSpec features, object options, string property) =>
        features.GridHeight > 0 && features.GridHeight * features.GridWidth == features.Tokens
            ? (features.GridHeight, features.GridWidth)
            : throw OptionSource.Error(options, property, $"needs features that form a grid, and the encoder gives {features.Tokens} that do not", "hand on the patches without the class token");
}
