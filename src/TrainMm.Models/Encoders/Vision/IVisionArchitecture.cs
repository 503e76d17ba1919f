using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>What all vision towers are asked, whatever their sizes are called.</summary>
internal interface IVisionArchitecture
{
    /// <summary>The tower's name in its checkpoint, empty where it is the whole.</summary>
    string Prefix { get; }

    /// <summary>L.</summary>
    int Layers { get; }

    /// <summary>De.</summary>
    int Width { get; }

    /// <summary>Width of the pooled vector, or 0 where the tower has none.</summary>
    int PooledWidth { get; }

    /// <summary>Tokens before the patches: 1 with a class token.</summary>
    int ClassTokens { get; }

    /// <summary>Pixels of the square image that the learned positions are for.</summary>
    int ImageSide { get; }

    /// <summary>Pixels of a patch's side.</summary>
    int PatchSide { get; }

    /// <summary>Names of weight files that hold nothing but this model, besides the usual ones.</summary>
    IReadOnlyList<string> OwnFiles => [];

    /// <summary>How images are prepared where the checkpoint does not say.</summary>
    ImageDefaults Images { get; }

    /// <summary>Makes the tower; its parameters have no values yet.</summary>
    IVisionTower Build(TowerExtent extent, ModuleScope scope);

    /// <summary>The layouts in which the tower is published; what was not built is left aside.</summary>
    IReadOnlyList<KeyMap> Layouts(TowerExtent extent);

    /// <summary>Gives the parameters random values.</summary>
    void Initialise(ModuleScope part, ulong seed);
}

/// <summary>An architecture that can be read from a checkpoint's folder.</summary>
internal interface IVisionArchitecture<TSelf> : IVisionArchitecture
    where TSelf : IVisionArchitecture<TSelf>
{
    /// <summary>Reads the configuration of a checkpoint's folder.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">It is another model's, or a value is of another type.</exception>
    static abstract TSelf ReadFolder(string folder);
}
