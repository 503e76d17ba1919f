namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>Pieces by their characters, one node a prefix.</summary>
internal sealed class PieceTrie
{
    /// <summary>The node of the empty prefix.</summary>
    public const int Root = 0;

    private readonly Dictionary<long, int> children = [];
    private readonly List<int> ids = [-1];

    /// <summary>Adds a piece.</summary>
    public void Add(ReadOnlySpan<char> piece, int id)
    {
        var node = Root;
        foreach (var character in piece)
        {
            if (!Next(ref node, character))
            {
                children[KeyOf(node, character)] = ids.Count;
                node = ids.Count;
                ids.Add(-1);
            }
        }

        ids[node] = id;
    }

    /// <summary>Goes on by a character; false, and the node unchanged, where no piece does.</summary>
    public bool Next(ref int node, char character)
    {
        if (!children.TryGetValue(KeyOf(node, character), out var child))
        {
            return false;
        }

        node = child;
        return true;
    }

    /// <summary>The piece that ends at a node, or −1.</summary>
    public int IdAt(int node) => ids[node];

    private static long KeyOf(int node, char character) => ((long)node << 16) | character;
}
